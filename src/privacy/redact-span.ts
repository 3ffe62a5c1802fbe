import { SemanticConventions } from '@arizeai/openinference-semantic-conventions';
import type { Attributes, SpanStatus } from '@opentelemetry/api';
import type { ReadableSpan } from '@opentelemetry/sdk-trace-base';
import { MappedSpan, type AttributeEntry } from '../mapping/mapped-span.js';
import type { ContentClass } from './content-class.js';
import { ContentGuard, type GuardRules } from './content-guard.js';
import { classifyAttribute, classifyRawKey } from './content-keys.js';
import { classifyEventKey } from './event-content.js';
import { limitMediaValue, shortestLimit } from './inline-media.js';

type Event = ReadableSpan['events'][number];
type Classify = (key: string) => ContentClass;

/** The span as it may be sent under these rules. The span that comes in is left as it is. */
export function redactSpan(span: MappedSpan, rules: GuardRules): MappedSpan {
  const { policy, rewriter, identityHash } = rules;
  if (policy.hidesAnything || rewriter !== undefined || identityHash !== undefined) {
    return guardSpan(span, rules);
  }
  return limitMedia(span, rules);
}

/** Nothing is configured but the length of inline media: most spans pass untouched. */
function limitMedia(span: MappedSpan, rules: GuardRules): MappedSpan {
  const limit = shortestLimit(rules.policy.media);
  if (limit === Infinity) return span;
  const isLong = ({ value }: AttributeEntry): boolean =>
    typeof value === 'string' ? value.length > limit : Array.isArray(value);
  const { status, events, links, entries } = span;
  const hasMore = events.length > 0 || links.length > 0 || (status.message?.length ?? 0) > limit;
  if (hasMore) return guardSpan(span, rules);
  if (!entries.some(isLong)) return span;
  let isChanged = false;
  const limited = entries.map((entry) => {
    if (!isLong(entry) || classifyAttribute(entry.key, entry.value) === 'none') return entry;
    const value = limitMediaValue(entry.value, rules.policy.media);
    if (value === entry.value) return entry;
    isChanged = true;
    rules.counts.redacted += 1;
    return { key: entry.key, value };
  });
  return isChanged ? new MappedSpan(span, { entries: limited }) : span;
}

function guardSpan(span: MappedSpan, rules: GuardRules): MappedSpan {
  const kind = span.get(SemanticConventions.OPENINFERENCE_SPAN_KIND);
  const guard = new ContentGuard(rules, typeof kind === 'string' ? kind : '');
  const maskName = (name: string): string => rules.rewriter?.maskName(name) ?? name;
  const name = maskName(span.name);
  const status = guardStatus(span.status, guard);
  const events = span.events.map((event) => guardEvent(event, guard, maskName));
  const links = span.links.map((link) =>
    link.attributes === undefined
      ? link
      : { ...link, attributes: guardAttributes(link.attributes, guard, classifyRawKey) },
  );
  const entries: AttributeEntry[] = [];
  for (const { key, value } of span.entries) {
    const passed = guard.pass(key, value, classifyAttribute(key, value));
    if (passed !== undefined) entries.push({ key, value: passed });
  }
  return new MappedSpan(span, { name, status, events, links, entries });
}

function guardStatus(status: SpanStatus, guard: ContentGuard): SpanStatus {
  const { code, message } = status;
  if (message === undefined || message === '') return status;
  const passed = guard.pass('status.message', message, 'exception');
  return typeof passed === 'string' ? { code, message: passed } : { code };
}

function guardEvent(event: Event, guard: ContentGuard, maskName: (name: string) => string): Event {
  const name = maskName(event.name);
  if (event.attributes === undefined) return { ...event, name };
  const classify: Classify = (key) => classifyEventKey(event.name, key);
  return { ...event, name, attributes: guardAttributes(event.attributes, guard, classify) };
}

function guardAttributes(
  attributes: Attributes,
  guard: ContentGuard,
  classify: Classify,
): Attributes {
  const passed = Object.entries(attributes).flatMap(([key, value]) => {
    const kept = value === undefined ? undefined : guard.pass(key, value, classify(key));
    return kept === undefined ? [] : [[key, kept] as const];
  });
  // Not by assignment: a key named `__proto__` would be lost, or worse.
  return Object.fromEntries(passed);
}
