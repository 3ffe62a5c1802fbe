import { context as contextApi, type Context } from '@opentelemetry/api';
import type { NormalizedUsage } from '../../spans/usage.js';
import type { CallAnswer } from '../call-attributes.js';
import { ownerOf, withOwner, type LlmOwner } from '../llm-owner.js';

/**
 * Counts what one call of a chat model asks providers for. Its spans are the runs that LangChain
 * reports from within; what the providers answered is handed up to them, because LangChain's own
 * numbers are not the bill (`ChatAnthropic.stream` adds the placeholder of `message_start`, 41 for 40
 * tokens, and drops what was written to the cache).
 */
export class ModelOwner implements LlmOwner {
  readonly #runIds = new Set<string>();
  readonly #answers: CallAnswer[] = [];

  readonly receive = (answer: CallAnswer): void => {
    this.#answers.push(answer);
  };

  /** A run that reports a call in here. */
  attach(runId: unknown): void {
    if (typeof runId === 'string') this.#runIds.add(runId);
  }

  /** What providers answered; `undefined` where nobody saw it, or nobody knows to which run. */
  get answer(): CallAnswer | undefined {
    const last = this.#answers.at(-1);
    if (last === undefined || this.#runIds.size > 1) return undefined;
    const reports = this.#answers.flatMap(({ usage }) => (usage === undefined ? [] : [usage]));
    return { ...last, usage: reports.length === 0 ? undefined : reports.reduce(sum) };
  }

  within<T>(fn: () => T, around: Context = contextApi.active()): T {
    return contextApi.with(withOwner(around, this), fn);
  }
}

/** The owner within which a run is reported. */
export function modelOwner(): ModelOwner | undefined {
  const owner = ownerOf(contextApi.active());
  return owner instanceof ModelOwner ? owner : undefined;
}

/** Without the total, which not every provider reports. */
function sum(left: NormalizedUsage, right: NormalizedUsage): NormalizedUsage {
  const total: { -readonly [count in keyof NormalizedUsage]: number } = {};
  for (const count of COUNTS) {
    if (left[count] !== undefined || right[count] !== undefined)
      total[count] = (left[count] ?? 0) + (right[count] ?? 0);
  }
  return total;
}

const COUNTS = [
  'prompt',
  'completion',
  'cacheRead',
  'cacheWrite',
  'promptAudio',
  'reasoning',
  'completionAudio',
] as const satisfies readonly (keyof NormalizedUsage)[];
