import { setTimeout as sleep } from 'node:timers/promises';
import { APIConnectionError, APIStatusError, llm } from '@livekit/agents';

/** A tool that the model asks for. An object is sent as JSON, a string as it is, even when broken. */
export interface ScriptedToolCall {
  readonly name: string;
  readonly arguments: Readonly<Record<string, unknown>> | string;
  /** Default `call-<id of the reply>-<position>`. */
  readonly callId?: string;
}

/** What the provider bills for one reply. */
export interface ScriptedUsage {
  readonly prompt: number;
  readonly completion: number;
  /** Part of `prompt` that came from the provider's cache. */
  readonly cached?: number;
  /** Part of `prompt` that was written to the provider's cache. */
  readonly cacheWrite?: number;
}

/** One attempt of a call: a retry takes the next reply of the script. Steps happen in this order. */
export interface ScriptedReply {
  /** Waits before anything is sent; ends early when the call is aborted. */
  readonly delayMillis?: number;
  /** Streamed word by word, or in the given pieces. */
  readonly text?: string | readonly string[];
  /** Between two pieces of text. */
  readonly pieceDelayMillis?: number;
  readonly toolCalls?: readonly ScriptedToolCall[];
  /** Absent: the provider sends no usage. */
  readonly usage?: ScriptedUsage;
  /** Thrown after everything above was sent. */
  readonly error?: Error;
  /** Sends nothing more and stays open: until the abort, or for good with `ignoreAbort`. */
  readonly hang?: boolean;
  /** Goes on streaming after the abort, as plugins do that never look at the signal. */
  readonly ignoreAbort?: boolean;
}

/** What one attempt was asked and what it came to. */
export interface ScriptedCall {
  readonly chatCtx: llm.ChatContext;
  readonly toolNames: readonly string[];
  readonly reply: ScriptedReply;
  aborted: boolean;
}

/** Sums over every usage that was sent. */
export interface UsageTotals {
  readonly prompt: number;
  readonly completion: number;
  readonly total: number;
  readonly cached: number;
}

export interface ScriptedLLMOptions {
  readonly replies: readonly ScriptedReply[];
  /** Default `scripted-model-1`. */
  readonly model?: string;
  /** Default `scripted.provider`. */
  readonly provider?: string;
}

/** An error of a provider that LiveKit tries again. */
export function retryableError(message = 'provider overloaded', statusCode = 503): APIStatusError {
  return new APIStatusError({ message, options: { statusCode } });
}

/** An error of a provider that LiveKit gives up on at once. */
export function nonRetryableError(message = 'invalid api key', statusCode = 401): APIStatusError {
  return new APIStatusError({ message, options: { statusCode } });
}

/** A connection that broke, which LiveKit tries again and which has no status code. */
export function connectionError(message = 'socket hang up'): APIConnectionError {
  return new APIConnectionError({ message });
}

/** LiveKit's own `LLM` with the provider replaced by a script: the spans are the real ones. */
export class ScriptedLLM extends llm.LLM {
  /** Every attempt so far, in order. */
  readonly calls: ScriptedCall[] = [];
  readonly #replies: readonly ScriptedReply[];
  readonly #model: string;
  readonly #provider: string;
  readonly #usages: ScriptedUsage[] = [];

  constructor(options: ScriptedLLMOptions) {
    super();
    this.#replies = options.replies;
    this.#model = options.model ?? 'scripted-model-1';
    this.#provider = options.provider ?? 'scripted.provider';
  }

  override label(): string {
    return 'scripted.LLM';
  }

  override get model(): string {
    return this.#model;
  }

  override get provider(): string {
    return this.#provider;
  }

  override chat(options: Parameters<llm.LLM['chat']>[0]): llm.LLMStream {
    return new ScriptedLLMStream(this, {
      chatCtx: options.chatCtx,
      ...(options.toolCtx === undefined ? {} : { toolCtx: options.toolCtx }),
      connOptions: options.connOptions ?? { maxRetry: 3, retryIntervalMs: 5, timeoutMs: 10_000 },
    });
  }

  /** Replies that nobody asked for yet. A test that ends with some left tests less than it says. */
  get unplayed(): number {
    return this.#replies.length - this.calls.length;
  }

  /** What the provider will bill. */
  get usage(): UsageTotals {
    const sum = (of: (usage: ScriptedUsage) => number): number =>
      this.#usages.reduce((total, usage) => total + of(usage), 0);
    const prompt = sum((usage) => usage.prompt);
    const completion = sum((usage) => usage.completion);
    return { prompt, completion, total: prompt + completion, cached: sum((u) => u.cached ?? 0) };
  }

  /** The next attempt's call, or an error that names the gap in the script. */
  open(chatCtx: llm.ChatContext, toolNames: readonly string[]): ScriptedCall {
    const reply = this.#replies[this.calls.length];
    if (reply === undefined) {
      throw new Error(
        `the script has no reply ${this.calls.length}: the agent asked once too often`,
      );
    }
    const call: ScriptedCall = { chatCtx: chatCtx.copy(), toolNames, reply, aborted: false };
    this.calls.push(call);
    return call;
  }

  bill(usage: ScriptedUsage): void {
    this.#usages.push(usage);
  }
}

class ScriptedLLMStream extends llm.LLMStream {
  readonly #llm: ScriptedLLM;

  constructor(model: ScriptedLLM, options: ConstructorParameters<typeof llm.LLMStream>[1]) {
    super(model, options);
    this.#llm = model;
  }

  protected async run(): Promise<void> {
    const number = this.#llm.calls.length;
    const id = `reply-${number}`;
    const call = this.#llm.open(this.chatCtx, Object.keys(this.toolCtx?.functionTools ?? {}));
    const { reply } = call;
    const { signal } = this.abortController;
    signal.addEventListener('abort', () => (call.aborted = true), { once: true });
    const stopped = (): boolean => signal.aborted && reply.ignoreAbort !== true;
    const wait = async (millis: number): Promise<void> => {
      // Aborted is not an error here: the call ends as a provider's stream does, without a word.
      await sleep(millis, undefined, reply.ignoreAbort === true ? {} : { signal }).catch(() => {});
    };

    await wait(reply.delayMillis ?? 0);
    for (const [index, piece] of pieces(reply.text).entries()) {
      if (index > 0) await wait(reply.pieceDelayMillis ?? 0);
      if (stopped()) return;
      this.queue.put({ id, delta: { role: 'assistant', content: piece } });
    }
    if (stopped()) return;
    if (reply.toolCalls !== undefined) {
      const toolCalls = reply.toolCalls.map((toolCall, index) => functionCall(toolCall, id, index));
      this.queue.put({ id, delta: { role: 'assistant', toolCalls } });
    }
    if (reply.usage !== undefined) {
      this.#llm.bill(reply.usage);
      this.queue.put({ id, usage: completionUsage(reply.usage) });
    }
    if (reply.error !== undefined) throw reply.error;
    if (reply.hang === true) await this.#hang(reply.ignoreAbort === true);
  }

  async #hang(forGood: boolean): Promise<void> {
    const { signal } = this.abortController;
    await new Promise<void>((resolve) => {
      if (forGood) return;
      if (signal.aborted) resolve();
      else signal.addEventListener('abort', () => resolve(), { once: true });
    });
  }
}

function pieces(text: string | readonly string[] | undefined): readonly string[] {
  if (text === undefined) return [];
  return typeof text === 'string' ? (text.match(/\S+\s*|\s+/gu) ?? []) : text;
}

/** A tool call as LiveKit hands it on. */
export function functionCall(
  call: ScriptedToolCall,
  reply: string,
  index: number,
): llm.FunctionCall {
  const args = call.arguments;
  return llm.FunctionCall.create({
    callId: call.callId ?? `call-${reply}-${index}`,
    name: call.name,
    args: typeof args === 'string' ? args : JSON.stringify(args),
  });
}

function completionUsage(usage: ScriptedUsage): llm.CompletionUsage {
  return {
    promptTokens: usage.prompt,
    completionTokens: usage.completion,
    promptCachedTokens: usage.cached ?? 0,
    totalTokens: usage.prompt + usage.completion,
    ...(usage.cacheWrite === undefined ? {} : { cacheCreationTokens: usage.cacheWrite }),
  };
}
