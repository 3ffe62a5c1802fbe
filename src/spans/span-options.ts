import { SpanKind, type Tracer } from '@opentelemetry/api';
import { warnOnce } from '../diagnostics.js';
import { asRecord, isRecord, type JsonRecord } from '../mapping/read-attributes.js';
import { describeType, hasMethods } from '../options/option-readers.js';
import { SpanKindValues, type SpanKindValue } from '../semconv/attribute-keys.js';
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
   * Framework or provider: `llm.system` and `gen_ai.system`.
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
   * What went in: text as it is, anything else as JSON.
   *
   * @default unset
   * @example 'Where is my order?'
   */
  readonly input?: unknown;
}

/** What `manualSpan` and `startManualSpan` take. */
export interface ManualSpanOptions
  extends SpanIdentityOptions, Pick<AgentSpanOptions, 'system' | 'otelKind' | 'input'> {
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
   * What the agent is for.
   *
   * @default unset
   * @example 'triage'
   */
  readonly agentRole?: string | undefined;
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

/**
 * The identity that options set; `undefined` when they set none. `names` are the options that say
 * which agent it is, the first ones winning.
 */
export function readIdentity(
  reader: OptionReader,
  names: Readonly<Record<'id' | 'name' | 'role', readonly string[]>>,
): Identity | undefined {
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
    return this.#read(name, 'a value', (value) => value);
  }

  /** The first of these options that is text; blank is unset. */
  text(...names: readonly string[]): string | undefined {
    for (const name of names) {
      const text = this.#read(name, 'a string', asString);
      if (text !== undefined && text.trim() !== '') return text;
    }
    return undefined;
  }

  spanKind(fallback: SpanKindValue): SpanKindValue {
    return this.#read('spanKind', 'one of SpanKindValues', asSpanKind) ?? fallback;
  }

  otelKind(): SpanKind {
    const expected = 'a SpanKind of OpenTelemetry';
    return this.#read('otelKind', expected, asOtelKind) ?? SpanKind.INTERNAL;
  }

  /** A copy of an object that stays as it is now and can be written as JSON. */
  jsonRecord(name: string): JsonRecord | undefined {
    return this.#read(name, 'an object', asJsonRecord);
  }

  /** An object, as it is. */
  record(name: string): JsonRecord | undefined {
    return this.#read(name, 'an object', asRecord);
  }

  /** The texts of a list; `undefined` when there are none. */
  texts(name: string): readonly string[] | undefined {
    const expected = 'an array of strings';
    const items = this.#read(name, expected, asList) ?? [];
    const texts = items.filter((item) => typeof item === 'string');
    if (texts.length < items.length) this.#warn(name, expected, items);
    return texts.length === 0 ? undefined : texts;
  }

  #read<T>(
    name: string,
    expected: string,
    parse: (value: unknown) => T | undefined,
  ): T | undefined {
    try {
      const value = isRecord(this.#options) ? this.#options[name] : undefined;
      if (value === undefined || value === null) return undefined;
      const read = parse(value);
      if (read === undefined) this.#warn(name, expected, value);
      return read;
    } catch {
      warnOnce(`${this.#caller}_${name}`, `${this.#caller}(): "${name}" could not be read.`);
      return undefined;
    }
  }

  #warn(name: string, expected: string, seen: unknown): void {
    warnOnce(
      `${this.#caller}_${name}`,
      `${this.#caller}(): "${name}" must be ${expected}; saw ${describeType(seen)}. It is left out.`,
    );
  }
}

const asString = (value: unknown): string | undefined =>
  typeof value === 'string' ? value : undefined;
const asList = (value: unknown): readonly unknown[] | undefined =>
  Array.isArray(value) ? value : undefined;
const asSpanKind = (value: unknown): SpanKindValue | undefined =>
  Object.values(SpanKindValues).find((kind) => kind === value);
const asOtelKind = (value: unknown): SpanKind | undefined =>
  typeof value === 'number' && value in SpanKind ? value : undefined;

/** The tracer that a call passes; `undefined`, which means that of `setup()`, for anything else. */
export function asTracer(caller: string, value: Tracer): Tracer | undefined {
  if (hasMethods(value, 'startSpan')) return value;
  warnOnce(
    `${caller}_tracer`,
    `${caller}(): the first argument must be a Tracer of OpenTelemetry; saw ${describeType(value)}. The tracer of setup() is used.`,
  );
  return undefined;
}
