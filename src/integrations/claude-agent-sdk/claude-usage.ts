import type { Context, Tracer } from '@opentelemetry/api';
import { warnOnce } from '../../diagnostics.js';
import { isRecord } from '../../mapping/read-attributes.js';
import { asCount, type NormalizedUsage } from '../../spans/usage.js';
import { startStep } from '../agent-steps.js';
import { countAttributes, startAttributes } from '../call-attributes.js';
import type { ClaudeCall } from './claude-call.js';

type Counts = Required<Pick<NormalizedUsage, 'prompt' | 'completion' | 'cacheRead' | 'cacheWrite'>>;

const NOTHING: Counts = Object.freeze({ prompt: 0, completion: 0, cacheRead: 0, cacheWrite: 0 });

/**
 * Who of a run's calls counts what, so that their sum is the bill. `result.modelUsage` is the bill,
 * by model, from the start of the run on. A call without exact counts stays open until then, and the
 * last of them takes the rest; what no call explains (compaction) has its own span.
 */
export class ClaudeUsage {
  readonly #tracer: Tracer | undefined;
  readonly #countsElsewhere: boolean;
  readonly #counted = new Map<string, Counts>();
  #waiting: ClaudeCall[] = [];
  /** Totals of a resumed session include what was billed before: the first is only a baseline. */
  #isMarkMissing: boolean;
  /** Whether totals are of this run alone. */
  readonly isWhole: boolean;

  constructor(
    tracer: Tracer | undefined,
    options: { readonly countsElsewhere: boolean; readonly isResumed: boolean },
  ) {
    this.#tracer = tracer;
    this.#countsElsewhere = options.countsElsewhere;
    this.#isMarkMissing = options.isResumed;
    this.isWhole = !options.isResumed;
  }

  /** Takes a call that has ended. */
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
      const rest = this.#rest(model, total);
      const isBilled = rest.prompt > 0 || rest.completion > 0;
      if (isBilled && !this.#isMarkMissing) this.#countInternal(model, rest, around);
      this.#add(model, rest);
    }
    this.#isMarkMissing = false;
  }

  /** By the names that messages give: totals may know a model by its host's name, or with a suffix. */
  #totals(modelUsage: unknown, waiting: readonly ClaudeCall[]): ReadonlyMap<string, Counts> {
    const totals = new Map<string, Counts>();
    const models = [...this.#counted.keys(), ...waiting.map(({ model }) => model)];
    for (const [key, usage] of Object.entries(isRecord(modelUsage) ? modelUsage : {})) {
      const model =
        models.find((name) => name === key) ??
        models.find((name) => name.includes(key) || key.includes(name)) ??
        key;
      totals.set(model, sum(totals.get(model) ?? NOTHING, readTotal(usage)));
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

  /** A call inside Claude Code that no message reports. */
  #countInternal(model: string, usage: Counts, around: Context): void {
    if (this.#countsElsewhere) return;
    const request = { model, system: 'anthropic', provider: 'anthropic' };
    const { span } = startStep(this.#tracer, {
      name: 'claude.internal',
      kind: 'LLM',
      around,
      attributes: startAttributes({ ...request, messages: [], tools: [], parameters: {} }),
    });
    span.setAttributes(Object.fromEntries(countAttributes(usage))).end();
  }

  #add(model: string, usage: NormalizedUsage): void {
    this.#counted.set(model, sum(this.#counted.get(model) ?? NOTHING, usage));
  }

  #rest(model: string, total: Counts): Counts {
    const counted = this.#counted.get(model) ?? NOTHING;
    return combine((key) => Math.max(0, total[key] - counted[key]));
  }
}

function readTotal(total: unknown): Counts {
  const count = (key: string): number => asCount(isRecord(total) ? total[key] : undefined) ?? 0;
  const cacheRead = count('cacheReadInputTokens');
  const cacheWrite = count('cacheCreationInputTokens');
  const prompt = count('inputTokens') + cacheRead + cacheWrite;
  return { prompt, completion: count('outputTokens'), cacheRead, cacheWrite };
}

function sum(left: Counts, right: NormalizedUsage): Counts {
  return combine((key) => left[key] + (right[key] ?? 0));
}

function combine(count: (key: keyof Counts) => number): Counts {
  return {
    prompt: count('prompt'),
    completion: count('completion'),
    cacheRead: count('cacheRead'),
    cacheWrite: count('cacheWrite'),
  };
}

/** All of them set, Claude Code sends spans by itself, past this process. */
const SWITCHES = ['CLAUDE_CODE_ENABLE_TELEMETRY', 'CLAUDE_CODE_ENHANCED_TELEMETRY_BETA'] as const;
const EXPORTER = 'OTEL_TRACES_EXPORTER';

/**
 * Whether Claude Code's own spans count the tokens: they are in the same trace (`TRACEPARENT`), with
 * `gen_ai.usage.*` on each model call. Ours then have no counts.
 */
export function countsElsewhere(env: Readonly<Record<string, unknown>>): boolean {
  const exporter = env[EXPORTER];
  const isOn =
    SWITCHES.every((name) => env[name] === '1' || env[name] === 'true') &&
    typeof exporter === 'string' &&
    exporter !== '' &&
    exporter !== 'none';
  if (isOn) {
    warnOnce(
      'claude_code_counts',
      `Claude Code's own tracing is on (${SWITCHES.join(', ')}, ${EXPORTER}): its spans count the tokens, so ours do not. Unset one of these to have them here.`,
    );
  }
  return isOn;
}
