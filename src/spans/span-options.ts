import { SpanKind, type Tracer } from '@opentelemetry/api';
import { warnOnce } from '../diagnostics.js';
import { isRecord, type JsonRecord } from '../mapping/read-attributes.js';
import { describeType } from '../options/option-readers.js';
import { Attr, SpanKindValues, type SpanKindValue } from '../semconv/attribute-keys.js';
import type { Identity } from '../session/identity.js';
import { asJsonRecord } from './serialize-value.js';

/**
 * Session, user and agent of a span. All child spans inherit them, LiveKit's included. A value that
 * cannot be used is left out, with one warning.
 */
export interface SpanIdentityOptions {
  /**
   * Stable id of the agent: runs are grouped by it.
   *
   * @default unset
   * @example 'support'
   */
  readonly agentId?: string | undefined;
  /**
   * Name of the agent as people read it.
   *
   * @default unset
   * @example 'Support'
   */
  readonly agentName?: string | undefined;
  /**
   * Conversation that the span belongs to.
   *
   * @default that of the session, else the trace id
   * @example 'call-17'
   */
  readonly sessionId?: string | undefined;
  /**
   * Who is served.
   *
   * @default unset
   * @example 'u-4'
   */
  readonly userId?: string | undefined;
  /**
   * Anything else worth keeping; added to that of a parent span.
   *
   * @default unset
   * @example { tier: 'gold' }
   */
  readonly metadata?: Readonly<Record<string, unknown>> | undefined;
  /**
   * Labels; added to those of a parent span.
   *
   * @default unset
   * @example ['beta']
   */
  readonly tags?: readonly string[] | undefined;
  /**
   * What the model calls are made for: `llm.use_case`, also on the token counters. Few values, and
   * no content.
   *
   * @default unset
   * @example 'voice.greeting'
   */
  readonly useCase?: string | undefined;
  /**
   * Where in the code they are made: `llm.call_site`, also on the token counters. Few values, and no
   * content.
   *
   * @default unset
   * @example 'greetCaller'
   */
  readonly callSite?: string | undefined;
}

/** What `agentSpan` and `startAgentSpan` take. */
export interface AgentSpanOptions extends SpanIdentityOptions {
  /**
   * The same as `agentId`, which wins.
   *
   * @default unset
   * @example 'support'
   */
  readonly id?: string | undefined;
  /**
   * The same as `agentName`, which wins.
   *
   * @default unset
   * @example 'Support'
   */
  readonly name?: string | undefined;
  /**
   * What the agent is for.
   *
   * @default unset
   * @example 'triage'
   */
  readonly role?: string | undefined;
  /**
   * Framework or provider the agent runs on: `llm.system` and `gen_ai.system`.
   *
   * @default unset
   * @example 'openai'
   */
  readonly system?: string | undefined;
  /**
   * Name of the span.
   *
   * @default `<agentName>.run`, else `<agentId>.run`, else `agent.run`
   * @example 'nightly-report'
   */
  readonly spanName?: string | undefined;
  /**
   * OpenInference kind.
   *
   * @default AGENT
   * @example SpanKindValues.CHAIN
   */
  readonly spanKind?: SpanKindValue | undefined;
  /**
   * OpenTelemetry kind.
   *
   * @default SpanKind.INTERNAL
   * @example SpanKind.CLIENT
   */
  readonly otelKind?: SpanKind | undefined;
  /**
   * What the run was asked: text as it is, anything else as JSON.
   *
   * @default unset
   * @example 'Where is my order?'
   */
  readonly input?: unknown;
}

/** What `manualSpan` and `startManualSpan` take. */
export interface ManualSpanOptions extends SpanIdentityOptions {
  /**
   * Name of the span.
   *
   * @example 'load_rows'
   */
  readonly spanName: string;
  /**
   * OpenInference kind.
   *
   * @default CHAIN
   * @example SpanKindValues.TOOL
   */
  readonly spanKind?: SpanKindValue | undefined;
  /**
   * OpenTelemetry kind.
   *
   * @default SpanKind.INTERNAL
   * @example SpanKind.CLIENT
   */
  readonly otelKind?: SpanKind | undefined;
  /**
   * Framework or provider: `llm.system` and `gen_ai.system`.
   *
   * @default unset
   * @example 'openai'
   */
  readonly system?: string | undefined;
  /**
   * What the agent is for.
   *
   * @default unset
   * @example 'triage'
   */
  readonly agentRole?: string | undefined;
  /**
   * What went in: text as it is, anything else as JSON.
   *
   * @default unset
   * @example { day: 'Friday' }
   */
  readonly input?: unknown;
  /**
   * What came out: text as it is, anything else as JSON.
   *
   * @default unset
   * @example { rows: 3 }
   */
  readonly output?: unknown;
  /**
   * Model that answered.
   *
   * @default unset
   * @example 'gpt-4.1-mini'
   */
  readonly model?: string | undefined;
  /**
   * Usage as an SDK reports it; read as `recordUsage` reads it.
   *
   * @default unset
   * @example { prompt_tokens: 12, completion_tokens: 5 }
   */
  readonly usage?: object | undefined;
  /**
   * Name of the tool that the span is a call of.
   *
   * @default unset
   * @example 'findRoom'
   */
  readonly toolName?: string | undefined;
  /**
   * Id of that call.
   *
   * @default unset
   * @example 'call_1'
   */
  readonly toolCallId?: string | undefined;
  /**
   * Further attributes by key. They win over the options above.
   *
   * @default unset
   * @example { 'shop.id': 7 }
   */
  readonly attributes?: Readonly<Record<string, unknown>> | undefined;
}

/** An option that is an attribute. */
export type AttributeOption = 'system' | 'model' | 'toolName' | 'toolCallId';

/** Options that are one attribute each, or two, and contain no content. */
const ATTRIBUTES_BY_OPTION: readonly (readonly [AttributeOption, readonly string[]])[] = [
  ['system', [Attr.LLM_SYSTEM, Attr.SYSTEM]],
  ['model', [Attr.MODEL_NAME]],
  ['toolName', [Attr.TOOL_NAME]],
  ['toolCallId', [Attr.TOOL_CALL_ID]],
];

/** The attributes that certain options are. */
export function readOptionAttributes(
  reader: OptionReader,
  options: readonly AttributeOption[],
): Readonly<Record<string, string>> {
  const attributes: Record<string, string> = {};
  for (const [option, keys] of ATTRIBUTES_BY_OPTION) {
    const value = options.includes(option) ? reader.text(option) : undefined;
    if (value !== undefined) for (const key of keys) attributes[key] = value;
  }
  return attributes;
}

/** Names of the options that say which agent it is, the first ones winning. */
export interface AgentOptionNames {
  readonly id: readonly string[];
  readonly name: readonly string[];
  readonly role: readonly string[];
}

/** The identity that options set; `undefined` when they set none. */
export function readIdentity(reader: OptionReader, names: AgentOptionNames): Identity | undefined {
  const agent = {
    id: reader.text(...names.id),
    name: reader.text(...names.name),
    role: reader.text(...names.role),
  };
  const identity: Identity = {
    sessionId: reader.text('sessionId'),
    userId: reader.text('userId'),
    agent: isSet(agent) ? agent : undefined,
    metadata: reader.jsonRecord('metadata'),
    tags: reader.texts('tags'),
    useCase: reader.text('useCase'),
    callSite: reader.text('callSite'),
  };
  return isSet(identity) ? identity : undefined;
}

function isSet(values: object): boolean {
  return Object.values(values).some((value) => value !== undefined);
}

const OTEL_KINDS: ReadonlySet<unknown> = new Set(Object.values(SpanKind));

/**
 * Reads the options of one call. Types are gone at run time: a value that cannot be used is left
 * out and said once, by its option's name, and nothing here throws.
 */
export class OptionReader {
  readonly #caller: string;
  readonly #options: unknown;

  constructor(caller: string, options: unknown) {
    this.#caller = caller;
    this.#options = options;
    if (!isRecord(options)) this.#warn('options', 'an object', options);
  }

  /** Any value, as it is. */
  value(name: string): unknown {
    try {
      return isRecord(this.#options) ? this.#options[name] : undefined;
    } catch {
      warnOnce(`${this.#caller}_${name}`, `${this.#caller}(): "${name}" could not be read.`);
      return undefined;
    }
  }

  /** The first of these options that is text; blank is unset. */
  text(...names: readonly string[]): string | undefined {
    for (const name of names) {
      const value = this.value(name);
      if (typeof value === 'string') {
        if (value.trim() !== '') return value;
      } else if (isPresent(value)) this.#warn(name, 'a string', value);
    }
    return undefined;
  }

  spanKind(fallback: SpanKindValue): SpanKindValue {
    const value = this.value('spanKind');
    if (!isPresent(value)) return fallback;
    const kind = Object.values(SpanKindValues).find((known) => known === value);
    if (kind === undefined) this.#warn('spanKind', 'one of SpanKindValues', value);
    return kind ?? fallback;
  }

  otelKind(): SpanKind {
    const value = this.value('otelKind');
    if (isOtelKind(value)) return value;
    if (isPresent(value)) this.#warn('otelKind', 'a SpanKind of OpenTelemetry', value);
    return SpanKind.INTERNAL;
  }

  /** A copy of an object that stays as it is now and can be written as JSON. */
  jsonRecord(name: string): JsonRecord | undefined {
    const value = this.value(name);
    const record = asJsonRecord(value);
    if (record === undefined && isPresent(value)) this.#warn(name, 'an object', value);
    return record;
  }

  /** An object, as it is. */
  record(name: string): JsonRecord | undefined {
    const value = this.value(name);
    if (isRecord(value)) return value;
    if (isPresent(value)) this.#warn(name, 'an object', value);
    return undefined;
  }

  /** The texts of a list; `undefined` when there are none. */
  texts(name: string): readonly string[] | undefined {
    const value = this.value(name);
    if (!isPresent(value)) return undefined;
    const items: readonly unknown[] = Array.isArray(value) ? value : [];
    const texts = items.filter((item) => typeof item === 'string');
    if (!Array.isArray(value) || texts.length < items.length) {
      this.#warn(name, 'an array of strings', value);
    }
    return texts.length === 0 ? undefined : texts;
  }

  #warn(name: string, expected: string, seen: unknown): void {
    warnOnce(
      `${this.#caller}_${name}`,
      `${this.#caller}(): "${name}" must be ${expected}; saw ${describeType(seen)}. It is left out.`,
    );
  }
}

function isPresent(value: unknown): boolean {
  return value !== undefined && value !== null;
}

function isOtelKind(value: unknown): value is SpanKind {
  return typeof value === 'number' && OTEL_KINDS.has(value);
}

/** The tracer that a call passes; `undefined`, which means that of `setup()`, for anything else. */
export function asTracer(caller: string, value: unknown): Tracer | undefined {
  if (isTracer(value)) return value;
  warnOnce(
    `${caller}_tracer`,
    `${caller}(): the first argument must be a Tracer of OpenTelemetry; saw ${describeType(value)}. The tracer of setup() is used.`,
  );
  return undefined;
}

function isTracer(value: unknown): value is Tracer {
  return isRecord(value) && typeof value['startSpan'] === 'function';
}
