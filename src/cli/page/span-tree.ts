import type { PageSpan } from '../dev/page-span.js';
import { kindOf, textOf, tokensOf } from './span-reading.js';

/** A span in its place. */
export interface TreeNode {
  readonly span: PageSpan;
  readonly depth: number;
  readonly parent: TreeNode | undefined;
  readonly children: TreeNode[];
}

/** The spans of a session as rows, parents before children, siblings by their start. */
export function createTree(spans: readonly PageSpan[], showAll: boolean): readonly TreeNode[] {
  const shown = showAll ? new Set(spans) : essentialSpans(spans);
  const byId = new Map(spans.map((span) => [span.spanId, span]));
  const nodes = new Map<string, TreeNode>();
  const roots: TreeNode[] = [];
  // What arrives may be a circle: a span that is being placed is nobody's parent yet.
  const underWay = new Set<PageSpan>();

  function nodeOf(span: PageSpan): TreeNode {
    const known = nodes.get(span.spanId);
    if (known !== undefined) return known;
    const above = shownAncestor(span, byId, shown);
    underWay.add(span);
    const parent = above === undefined || underWay.has(above) ? undefined : nodeOf(above);
    underWay.delete(span);
    const node: TreeNode = { span, depth: parent ? parent.depth + 1 : 0, parent, children: [] };
    nodes.set(span.spanId, node);
    (parent?.children ?? roots).push(node);
    return node;
  }

  for (const span of spans.toSorted((a, b) => a.startMillis - b.startMillis)) {
    if (shown.has(span)) nodeOf(span);
  }
  return flatten(roots);
}

/** Whether a span's parent has not arrived: it is still open, or another process has it. */
export function hasOpenParent(span: PageSpan, ids: ReadonlySet<string>): boolean {
  return span.parentSpanId !== '' && !ids.has(span.parentSpanId);
}

/**
 * Without what only frames other spans: hooks that did nothing, the attempts of a model call that
 * went well, the node around a request. A span with words, tokens, or an error is always shown.
 */
function essentialSpans(spans: readonly PageSpan[]): Set<PageSpan> {
  const children = new Map<string, PageSpan[]>();
  for (const span of spans) {
    const siblings = children.get(span.parentSpanId);
    if (siblings === undefined) children.set(span.parentSpanId, [span]);
    else siblings.push(span);
  }
  const byId = new Map(spans.map((span) => [span.spanId, span]));
  return new Set(
    spans.filter((span) => {
      if (kindOf(span) === 'LLM') return isCall(span, children, byId);
      if (span.isError || kindOf(span) !== 'CHAIN') return true;
      return textOf(span, 'input.value') !== undefined || textOf(span, 'output.value') !== undefined
        ? span.name !== 'eou_detection'
        : span.name === 'tts_request' || span.name === 'agent_turn';
    }),
  );
}

/** Of nested spans of one model call, the one that was billed, else the outermost. */
function isCall(
  span: PageSpan,
  children: ReadonlyMap<string, readonly PageSpan[]>,
  byId: ReadonlyMap<string, PageSpan>,
): boolean {
  if (tokensOf(span) !== undefined) return true;
  const below = children.get(span.spanId) ?? [];
  if (below.some((child) => kindOf(child) === 'LLM')) {
    return !below.some((child) => child.name === 'llm_request') && !hasCallAbove(span, byId);
  }
  return !hasCallAbove(span, byId);
}

function hasCallAbove(span: PageSpan, byId: ReadonlyMap<string, PageSpan>): boolean {
  const parent = byId.get(span.parentSpanId);
  if (parent === undefined || kindOf(parent) !== 'LLM') return false;
  // A request within its node is the call itself; an attempt within its request is not.
  return span.name !== 'llm_request';
}

function shownAncestor(
  span: PageSpan,
  byId: ReadonlyMap<string, PageSpan>,
  shown: ReadonlySet<PageSpan>,
): PageSpan | undefined {
  // Bounded, because what arrives may be a circle.
  let above = byId.get(span.parentSpanId);
  for (let steps = 0; above !== undefined && steps < byId.size; steps++) {
    if (above === span) return undefined;
    if (shown.has(above)) return above;
    above = byId.get(above.parentSpanId);
  }
  return undefined;
}

function flatten(roots: readonly TreeNode[]): readonly TreeNode[] {
  return roots.flatMap((node) => [node, ...flatten(node.children)]);
}
