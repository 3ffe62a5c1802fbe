import { SpanKind, SpanStatusCode, type Attributes, type AttributeValue } from '@opentelemetry/api';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { MappedSpan, type MappedSpanChanges } from '../../src/mapping/mapped-span.js';
import type { ResolvedPrivacyFlags } from '../../src/options/privacy-flags.js';
import { resolveOptions } from '../../src/options/resolve-options.js';
import { Privacy } from '../../src/privacy/privacy.js';
import { redact } from '../../src/privacy/redact.js';
import type { RedactionOptions } from '../../src/privacy/redaction-options.js';
import { resolveRedaction } from '../../src/privacy/resolve-redaction.js';

/** The flags that the options come to when nothing is set. */
export const DEFAULT_FLAGS: ResolvedPrivacyFlags = resolveOptions(
  { endpoint: 'http://127.0.0.1:4318' },
  {},
).privacy.flags;

export const EVERYTHING_HIDDEN: ResolvedPrivacyFlags = {
  allowPii: false,
  captureMessageContent: false,
  hideInputs: true,
  hideOutputs: true,
  hideInputMessages: true,
  hideOutputMessages: true,
  hideInputText: true,
  hideOutputText: true,
  hideInputImages: true,
  hideInputAudio: true,
  hideOutputAudio: true,
  hideLlmTools: true,
  hideLlmInvocationParameters: true,
  hidePrompts: true,
  hideChoices: true,
  hideEmbeddingsText: true,
  hideEmbeddingsVectors: true,
  base64ImageMaxLength: 32_000,
  base64AudioMaxLength: 32_000,
};

export interface Said {
  readonly code: string;
  readonly text: string;
}

/** A privacy and what it said to the user. */
export function privacyWith(
  flags: Partial<ResolvedPrivacyFlags>,
  redaction: RedactionOptions = {},
): { readonly privacy: Privacy; readonly said: Said[] } {
  const said: Said[] = [];
  const privacy = new Privacy(
    { flags: { ...DEFAULT_FLAGS, ...flags }, resolvedRedaction: resolveRedaction(redaction) },
    (code, text) => said.push({ code, text }),
  );
  return { privacy, said };
}

export type Entry = readonly [key: string, value: AttributeValue];

const KIND = 'openinference.span.kind';

/** What one span of this kind sends of these attributes. */
export function send(privacy: Privacy, entries: readonly Entry[], kind = 'LLM'): Attributes {
  const list = [[KIND, kind] as const, ...entries].map(([key, value]) => ({ key, value }));
  const sent = redact(spanWith({ entries: list }), privacy.policy).entries;
  return Object.fromEntries(sent.filter(({ key }) => key !== KIND).map((e) => [e.key, e.value]));
}

/** What one span would send of a single value. */
export function sendOne(
  privacy: Privacy,
  [key, value]: Entry,
  kind = 'LLM',
): AttributeValue | undefined {
  return send(privacy, [[key, value]], kind)[key];
}

export const SPAN_CONTEXT = {
  traceId: '0af7651916cd43dd8448eb211c80319c',
  spanId: 'b7ad6b7169203331',
  traceFlags: 1,
};

/** A mapped span with what a test says of it. */
export function spanWith(changes: MappedSpanChanges = {}): MappedSpan {
  const raw = {
    name: 'llm_request',
    kind: SpanKind.INTERNAL,
    spanContext: () => SPAN_CONTEXT,
    startTime: [1_795_225_031, 0] as [number, number],
    endTime: [1_795_225_032, 5] as [number, number],
    duration: [1, 5] as [number, number],
    status: { code: SpanStatusCode.UNSET },
    attributes: {},
    events: [],
    links: [],
    ended: true,
    resource: resourceFromAttributes({}),
    instrumentationScope: { name: 'livekit-agents' },
    droppedAttributesCount: 0,
    droppedEventsCount: 0,
    droppedLinksCount: 0,
  };
  return new MappedSpan(raw, changes);
}
