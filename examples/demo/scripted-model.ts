import { setTimeout as sleep } from 'node:timers/promises';
import { llm } from '@livekit/agents';

/** One reply of the model: what it says, the tools it calls, what it bills. */
export interface Reply {
  readonly text?: string;
  readonly toolCalls?: readonly { readonly name: string; readonly args: object }[];
  readonly usage: Usage;
}

export interface Usage {
  readonly prompt: number;
  readonly completion: number;
}

/** A model that needs no account: LiveKit's own `LLM`, answering from a script. */
export class ScriptedModel extends llm.LLM {
  readonly #replies: readonly Reply[];
  #next = 0;

  constructor(replies: readonly Reply[]) {
    super();
    this.#replies = replies;
  }

  override label(): string {
    return 'demo.ScriptedModel';
  }

  override get model(): string {
    return 'scripted-model';
  }

  override get provider(): string {
    return 'demo';
  }

  override chat(options: Parameters<llm.LLM['chat']>[0]): llm.LLMStream {
    const reply = this.#replies[this.#next++];
    if (reply === undefined) throw new Error('the demo asks for more than its script has');
    return new ScriptedStream(this, reply, {
      chatCtx: options.chatCtx,
      ...(options.toolCtx === undefined ? {} : { toolCtx: options.toolCtx }),
      connOptions: options.connOptions ?? { maxRetry: 0, retryIntervalMs: 0, timeoutMs: 1000 },
    });
  }

  /** What every reply so far bills. */
  get usage(): Usage {
    const answered = this.#replies.slice(0, this.#next);
    return {
      prompt: answered.reduce((sum, reply) => sum + reply.usage.prompt, 0),
      completion: answered.reduce((sum, reply) => sum + reply.usage.completion, 0),
    };
  }
}

class ScriptedStream extends llm.LLMStream {
  readonly #reply: Reply;

  constructor(
    model: ScriptedModel,
    reply: Reply,
    options: ConstructorParameters<typeof llm.LLMStream>[1],
  ) {
    super(model, options);
    this.#reply = reply;
  }

  protected async run(): Promise<void> {
    const { text, toolCalls, usage } = this.#reply;
    const id = `reply-${usage.prompt}`;
    for (const word of text?.match(/\S+\s*/gu) ?? []) {
      await sleep(8);
      this.queue.put({ id, delta: { role: 'assistant', content: word } });
    }
    if (toolCalls !== undefined) {
      const calls = toolCalls.map(({ name, args }) =>
        llm.FunctionCall.create({ callId: `call-${name}`, name, args: JSON.stringify(args) }),
      );
      this.queue.put({ id, delta: { role: 'assistant', toolCalls: calls } });
    }
    this.queue.put({
      id,
      usage: {
        promptTokens: usage.prompt,
        completionTokens: usage.completion,
        promptCachedTokens: 0,
        totalTokens: usage.prompt + usage.completion,
      },
    });
  }
}
