import type { Context, Tracer } from '@opentelemetry/api';
import { warnOnce } from '../../diagnostics.js';
import { asText, recordIn, type JsonRecord } from '../../mapping/read-attributes.js';
import { readUsage, type NormalizedUsage } from '../../spans/usage.js';
import { laterUsage, messagesAnswer } from '../anthropic/messages.js';
import { sideBySide, sumOfUsage, type CallRequest } from '../call-attributes.js';
import { ModelCall } from '../model-call.js';

/** One message of the API: it arrives in pieces, and is one model call. */
export class ClaudeCall extends ModelCall {
  readonly id: string;
  readonly model: string;
  readonly blocks: JsonRecord[] = [];
  #usage: JsonRecord = {};
  #isExact = false;
  #finishReason: string | undefined;
  #endMillis = Date.now();

  /** `startMillis`: when the model got something to answer. */
  constructor(
    tracer: Tracer | undefined,
    message: JsonRecord,
    request: CallRequest,
    around: Context,
    startMillis: number,
  ) {
    super(tracer, 'claude.message', request, around, { startMillis });
    this.id = asText(message['id']) ?? '';
    this.model = asText(message['model']) ?? '';
    this.#usage = laterUsage({}, message['usage']);
  }

  /** What the API has charged, where it is known: the output of what was not streamed is not. */
  get exactUsage(): NormalizedUsage | undefined {
    return this.#isExact ? this.reportedUsage : undefined;
  }

  get reportedUsage(): NormalizedUsage {
    return readUsage(this.#usage);
  }

  touch(): void {
    this.#endMillis = Date.now();
  }

  add(blocks: readonly JsonRecord[], message: JsonRecord): void {
    this.touch();
    this.blocks.push(...blocks);
    this.#finishReason ??= asText(message['stop_reason']);
    if (!this.#isExact) this.#usage = laterUsage(this.#usage, message['usage']);
  }

  count(usage: unknown, delta: unknown): void {
    this.touch();
    this.#usage = laterUsage(this.#usage, usage);
    this.#isExact = true;
    this.#finishReason = asText(recordIn(delta)['stop_reason']) ?? this.#finishReason;
  }

  end(usage: NormalizedUsage | undefined): void {
    const { id, model, blocks: content } = this;
    const answer = messagesAnswer({ id, model, content, stop_reason: this.#finishReason });
    this.answered({ ...answer, usage }, this.#endMillis);
  }
}

/**
 * Who of a run's calls counts what, so that their sum is the bill. `result.modelUsage` is the bill,
 * by model, from the start of the run on. A call without exact counts stays open until then, and the
 * last of them takes the rest; what no call explains (compaction) has its own span.
 */
export class ClaudeUsage {
  readonly #tracer: Tracer | undefined;
  readonly #countsElsewhere: boolean;
  readonly #counted = new Map<string, NormalizedUsage>();
  #waiting: ClaudeCall[] = [];
  /** Totals of a resumed session include what was billed before: the first is only a baseline. */
  #isMarkMissing: boolean;
  readonly isWhole: boolean;

  constructor(tracer: Tracer | undefined, isElsewhere: boolean, isResumed: boolean) {
    this.#tracer = tracer;
    this.#countsElsewhere = isElsewhere;
    this.#isMarkMissing = isResumed;
    this.isWhole = !isResumed;
  }

  take(call: ClaudeCall): void {
    const usage = call.exactUsage;
    if (usage === undefined) this.#waiting.push(call);
    else this.#end(call, usage);
  }

  /** A result with the totals so far. */
  settle(modelUsage: unknown, around: Context): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    const totals = this.#totals(modelUsage, waiting);
    for (const [at, call] of waiting.entries()) {
      const isLast = !waiting.slice(at + 1).some(({ model }) => model === call.model);
      const total = this.#isMarkMissing ? undefined : totals.get(call.model);
      const { completion: _, ...prompt } = call.reportedUsage;
      if (total === undefined) this.#end(call, call.reportedUsage);
      else this.#end(call, isLast ? this.#rest(call.model, total) : prompt);
    }
    for (const [model, total] of totals) {
      const usage = this.#rest(model, total);
      const isBilled = (usage.prompt ?? 0) > 0 || (usage.completion ?? 0) > 0;
      if (isBilled && !this.#isMarkMissing && !this.#countsElsewhere) {
        // A call inside Claude Code that no message reports.
        const request = { model, system: 'anthropic', provider: 'anthropic' };
        const call = new ModelCall(this.#tracer, 'claude.internal', request, around);
        call.answered({ usage, isComplete: false });
      }
      this.#add(model, usage);
    }
    this.#isMarkMissing = false;
  }

  /** By the names that messages give: totals may know a model by its host's name, or with a suffix. */
  #totals(
    modelUsage: unknown,
    waiting: readonly ClaudeCall[],
  ): ReadonlyMap<string, NormalizedUsage> {
    const totals = new Map<string, NormalizedUsage>();
    const models = [...this.#counted.keys(), ...waiting.map(({ model }) => model)];
    for (const [key, usage] of Object.entries(recordIn(modelUsage))) {
      const model =
        models.find((name) => name === key) ??
        models.find((name) => name.includes(key) || key.includes(name)) ??
        key;
      totals.set(model, sumOfUsage(totals.get(model), readTotal(usage)));
    }
    return totals;
  }

  /** Ends what still waits for a result: what it cost is not known. */
  close(): void {
    for (const call of this.#waiting.splice(0)) call.end(undefined);
  }

  #end(call: ClaudeCall, usage: NormalizedUsage): void {
    this.#add(call.model, usage);
    call.end(this.#countsElsewhere ? undefined : usage);
  }

  #add(model: string, usage: NormalizedUsage): void {
    this.#counted.set(model, sumOfUsage(this.#counted.get(model), usage));
  }

  #rest(model: string, total: NormalizedUsage): NormalizedUsage {
    const counted: Readonly<Record<string, number>> = { ...this.#counted.get(model) };
    return Object.fromEntries(
      Object.entries(total).map(([key, count]) => [key, Math.max(0, count - (counted[key] ?? 0))]),
    );
  }
}

function readTotal(usage: unknown): NormalizedUsage {
  const { inputTokens, outputTokens, cacheReadInputTokens, cacheCreationInputTokens } =
    recordIn(usage);
  return sideBySide({
    input: inputTokens,
    output: outputTokens,
    cacheRead: cacheReadInputTokens,
    cacheWrite: cacheCreationInputTokens,
  });
}

/** All of them set, Claude Code sends spans by itself, past this process. */
const SWITCHES = ['CLAUDE_CODE_ENABLE_TELEMETRY', 'CLAUDE_CODE_ENHANCED_TELEMETRY_BETA'] as const;
const EXPORTER = 'OTEL_TRACES_EXPORTER';

/**
 * Whether Claude Code's own spans count the tokens: they are in the same trace (`TRACEPARENT`), with
 * `gen_ai.usage.*` on each model call. Ours then have no counts.
 */
export function countsElsewhere(env: Readonly<Record<string, unknown>>): boolean {
  const exporter = asText(env[EXPORTER]) ?? 'none';
  const isOn = SWITCHES.every((name) => env[name] === '1' || env[name] === 'true');
  if (!isOn || exporter === 'none') return false;
  warnOnce(
    'claude_code_counts',
    `Claude Code's own tracing is on (${SWITCHES.join(', ')}, ${EXPORTER}): its spans count the tokens, so ours do not. Unset one of these to have them here.`,
  );
  return true;
}
