import { SpanStatusCode } from '@opentelemetry/api';
import type { ReplayedSpan } from '../support/traced-replay.js';
import { descendants, named } from '../support/traced-replay.js';
import {
  type Atom,
  atomsOfAnswer,
  atomsOfChatContext,
  atomsOfGenAi,
} from './conversation-atoms.js';

// What must arrive, read from the raw captures alone: a second opinion on the mapping that shares
// no code with it.

const LLM_SPANS = [
  'llm_node',
  'llm_request',
  'llm_request_run',
  'realtime_inference',
  'realtime_metrics',
];

export function expectedKind(name: string): string {
  if (name === 'agent_session') return 'AGENT';
  if (name === 'function_tool') return 'TOOL';
  return LLM_SPANS.includes(name) ? 'LLM' : 'CHAIN';
}

export interface ExpectedConversation {
  readonly input: readonly Atom[];
  readonly output: readonly Atom[];
}

/** Messages of the model call that this span stands for; `undefined` when another span does. */
export function expectedConversation(span: ReplayedSpan): ExpectedConversation | undefined {
  const { raw } = span;
  const own = raw.attributes;
  const requests = named(descendants(span), 'llm_request');
  if (own['gen_ai.operation.name'] !== undefined) {
    if (raw.name !== 'llm_request' && raw.name !== 'llm_node') return undefined;
    if (requests.length > 0) return undefined;
    return {
      input: atomsOfGenAi(own['gen_ai.system_instructions'], own['gen_ai.input.messages']),
      output: atomsOfGenAi(undefined, own['gen_ai.output.messages']),
    };
  }
  if (raw.name !== 'llm_node') return undefined;
  if (requests.some((each) => each.raw.attributes['gen_ai.operation.name'] !== undefined)) {
    return undefined;
  }
  const text = own['lk.pii.response.text'] ?? own['lk.response.text'];
  return {
    input: atomsOfChatContext(own['lk.pii.chat_ctx'] ?? own['lk.chat_ctx']),
    output: atomsOfAnswer(text, answeredCalls(span)),
  };
}

interface AnsweredCall {
  readonly id: string | undefined;
  readonly name: string;
  readonly arguments: unknown;
}

/** Calls of the answer: recorded from 1.5.3 on, before that those whose tools then ran. */
export function answeredCalls({ raw, parent }: ReplayedSpan): readonly AnsweredCall[] {
  const recorded =
    raw.attributes['lk.pii.response.function_calls'] ??
    raw.attributes['lk.response.function_calls'];
  if (typeof recorded === 'string') {
    return (JSON.parse(recorded) as Record<string, string>[]).map((call) => ({
      id: call['call_id'],
      name: call['name'] ?? '',
      arguments: call['arguments'],
    }));
  }
  return named(parent?.children ?? [], 'function_tool')
    .toSorted((a, b) => (a.raw.startSeq ?? 0) - (b.raw.startSeq ?? 0))
    .map(({ raw: { attributes } }) => ({
      id: undefined,
      name: String(attributes['lk.function_tool.name']),
      arguments: attributes['lk.function_tool.arguments'],
    }));
}

export interface ExpectedTokens {
  readonly prompt: number;
  readonly completion: number;
  readonly cacheRead: number;
}

/**
 * Tokens that this span stands for: the leaf `llm_request`, the realtime spans, and up to 1.7.1 the
 * turn of a realtime model. `undefined` where there are none, or 0 in and 0 out.
 */
export function expectedTokens(span: ReplayedSpan): ExpectedTokens | undefined {
  const { raw } = span;
  const own = raw.attributes;
  const counts =
    (raw.name === 'llm_request' && named(descendants(span), 'llm_request').length === 0) ||
    raw.name === 'realtime_inference' ||
    raw.name === 'realtime_metrics' ||
    (raw.name === 'agent_turn' && own['lk.realtime_model_metrics'] !== undefined);
  const prompt = Number(own['gen_ai.usage.input_tokens'] ?? 0);
  const completion = Number(own['gen_ai.usage.output_tokens'] ?? 0);
  if (!counts || prompt + completion === 0) return undefined;
  const metrics = own['lk.llm_metrics'] ?? own['lk.realtime_model_metrics'];
  const recorded = JSON.parse(typeof metrics === 'string' ? metrics : '{}') as {
    readonly promptCachedTokens?: number;
    readonly inputTokenDetails?: { readonly cachedTokens?: number };
  };
  const cacheRead =
    own['gen_ai.usage.input_cached_tokens'] ??
    recorded.promptCachedTokens ??
    recorded.inputTokenDetails?.cachedTokens;
  return { prompt, completion, cacheRead: Number(cacheRead ?? 0) };
}

/** Whether the rules make this span a failure; `undefined` where LiveKit's own status stands. */
export function isExpectedToFail(span: ReplayedSpan): boolean {
  const { raw } = span;
  if (raw.status.code === SpanStatusCode.ERROR) return true;
  switch (raw.name) {
    case 'function_tool':
      return raw.attributes['lk.function_tool.is_error'] === true;
    case 'llm_request':
      return lastFailed(named(span.children, 'llm_request_run'));
    case 'llm_node':
      return (
        raw.attributes['error.type'] !== undefined ||
        lastFailed(named(span.children, 'llm_request'))
      );
    case 'agent_turn':
      return lastFailed(named(span.children, 'llm_node'));
    default:
      return false;
  }
}

function lastFailed(spans: readonly ReplayedSpan[]): boolean {
  const last = spans.at(-1);
  return last !== undefined && isExpectedToFail(last);
}

/** The agent in charge: named by the span, by the nearest above that names one, or the last to start. */
export function expectedAgent(
  span: ReplayedSpan,
  all: readonly ReplayedSpan[],
): string | undefined {
  for (let at: ReplayedSpan | undefined = span; at !== undefined; at = at.parent) {
    if (at.raw.name === 'agent_session') break;
    const name = at.raw.attributes['gen_ai.agent.name'];
    if (typeof name === 'string') return name;
  }
  const turn = turnOf(span) ?? span;
  const started = turn.raw.startSeq;
  if (started === undefined) return undefined;
  const label = all
    .filter(({ raw }) => /^(?:start|resume)_agent_activity$/u.test(raw.name))
    .filter(({ raw }) => (raw.startSeq ?? 0) < started)
    .toSorted((a, b) => (a.raw.startSeq ?? 0) - (b.raw.startSeq ?? 0))
    .at(-1)?.raw.attributes['lk.agent_label'];
  return typeof label === 'string' ? label : undefined;
}

function turnOf(span: ReplayedSpan): ReplayedSpan | undefined {
  for (let at: ReplayedSpan | undefined = span; at !== undefined; at = at.parent) {
    if (at.raw.name === 'agent_turn') return at;
  }
  return undefined;
}
