import { SpanKind, SpanStatusCode, type Attributes, type AttributeValue } from '@opentelemetry/api';
import type { SpanRecord } from '../../src/export/span-record.js';
import type { AttributeSink, ContentClass } from '../../src/mapping/attribute-sink.js';
import type { ResolvedPrivacyFlags } from '../../src/options/privacy-flags.js';
import { resolveOptions } from '../../src/options/resolve-options.js';
import { createPrivacy, type Privacy } from '../../src/privacy/privacy.js';
import type { RedactionOptions } from '../../src/privacy/redaction-options.js';

/** The flags as the options room resolves them from nothing. */
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
  const privacy = createPrivacy(
    { flags: { ...DEFAULT_FLAGS, ...flags }, redaction },
    (code, text) => said.push({ code, text }),
  );
  return { privacy, said };
}

export type Put = readonly [key: string, value: AttributeValue, content: ContentClass];

/** What one span would send of these attributes. */
export function send(
  privacy: Pick<Privacy, 'guard'>,
  puts: readonly Put[],
  kind = 'LLM',
): Attributes {
  const sent = new Map<string, AttributeValue>();
  const collector: AttributeSink = { put: (key, value) => void sent.set(key, value) };
  const sink = privacy.guard(collector, kind);
  for (const [key, value, content] of puts) sink.put(key, value, content);
  return Object.fromEntries(sent);
}

/** What one span would send of a single value. */
export function sendOne(
  privacy: Pick<Privacy, 'guard'>,
  [key, value, content]: Put,
  kind = 'LLM',
): AttributeValue | undefined {
  return send(privacy, [[key, value, content]], kind)[key];
}

/** A record with everything that a record can hold. */
export function recordWith(overrides: Partial<SpanRecord> = {}): SpanRecord {
  return {
    name: 'llm_request',
    kind: SpanKind.INTERNAL,
    spanContext: {
      traceId: '0af7651916cd43dd8448eb211c80319c',
      spanId: 'b7ad6b7169203331',
      traceFlags: 1,
    },
    parentSpanContext: undefined,
    startTime: [1_795_225_031, 0],
    endTime: [1_795_225_032, 5],
    status: { code: SpanStatusCode.UNSET },
    events: [],
    links: [],
    droppedAttributesCount: 0,
    droppedEventsCount: 0,
    droppedLinksCount: 0,
    ...overrides,
  };
}
