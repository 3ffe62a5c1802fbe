import { ReadableStream } from 'node:stream/web';
import { setTimeout as sleep } from 'node:timers/promises';
import { llm, type metrics } from '@livekit/agents';
import { audioFrame } from './scripted-audio.js';
import { functionCall, type ScriptedToolCall } from './scripted-llm.js';

/** What the provider bills for one response; cached tokens are part of the input. */
export interface RealtimeUsage {
  readonly inputText: number;
  readonly inputAudio: number;
  readonly outputText: number;
  readonly outputAudio: number;
  readonly cached?: number;
}

export interface RealtimeResponse {
  readonly text?: string;
  readonly toolCalls?: readonly ScriptedToolCall[];
  readonly usage?: RealtimeUsage;
  /**
   * When the metrics come: before the response is done, so that they land on the open span; this
   * many milliseconds after it, on a span of their own; or never. Default `inTime`.
   */
  readonly metrics?: 'inTime' | 'never' | { readonly lateMillis: number };
  /** Thrown instead of an answer. */
  readonly error?: Error;
}

export interface ScriptedRealtimeOptions {
  readonly responses: readonly RealtimeResponse[];
  /** Default `scripted-realtime-1`. */
  readonly model?: string;
  /** Default `scripted.provider`. */
  readonly provider?: string;
}

/** LiveKit's own `RealtimeModel` with the provider replaced by a script. */
export class ScriptedRealtimeModel extends llm.RealtimeModel {
  /** The session that LiveKit opened last. */
  current: ScriptedRealtimeSession | undefined;
  readonly #options: ScriptedRealtimeOptions;
  #played = 0;

  constructor(options: ScriptedRealtimeOptions) {
    super({
      messageTruncation: true,
      turnDetection: true,
      userTranscription: true,
      autoToolReplyGeneration: false,
      audioOutput: true,
      manualFunctionCalls: false,
      midSessionChatCtxUpdate: true,
      midSessionInstructionsUpdate: true,
      midSessionToolsUpdate: true,
    });
    this.#options = options;
  }

  override get model(): string {
    return this.#options.model ?? 'scripted-realtime-1';
  }

  override get provider(): string {
    return this.#options.provider ?? 'scripted.provider';
  }

  override label(): string {
    return 'scripted.RealtimeModel';
  }

  /** Responses that nobody asked for yet. */
  get unplayed(): number {
    return this.#options.responses.length - this.#played;
  }

  /** The next response and its id. */
  respond(): { readonly response: RealtimeResponse; readonly id: string } {
    const number = this.#played++;
    const response = this.#options.responses[number];
    if (response === undefined) throw new Error(`the script has no response ${number}`);
    return { response, id: `response-${number}` };
  }

  override session(): llm.RealtimeSession {
    this.current = new ScriptedRealtimeSession(this);
    return this.current;
  }

  override async close(): Promise<void> {}
}

export class ScriptedRealtimeSession extends llm.RealtimeSession {
  readonly #model: ScriptedRealtimeModel;
  #chatCtx = llm.ChatContext.empty();
  #tools = llm.ToolContext.empty();

  constructor(model: ScriptedRealtimeModel) {
    super(model);
    this.#model = model;
  }

  override get chatCtx(): llm.ChatContext {
    return this.#chatCtx;
  }

  override get tools(): llm.ToolContext {
    return this.#tools;
  }

  override async updateInstructions(): Promise<void> {}

  override async updateChatCtx(chatCtx: llm.ChatContext): Promise<void> {
    this.#chatCtx = chatCtx.copy();
  }

  override async updateTools(tools: llm.ToolContext): Promise<void> {
    this.#tools = tools.copy();
  }

  override updateOptions(): void {}
  override pushAudio(): void {}
  override async commitAudio(): Promise<void> {}
  override async clearAudio(): Promise<void> {}
  override async interrupt(): Promise<void> {}
  override async truncate(): Promise<void> {}

  override async generateReply(): Promise<llm.GenerationCreatedEvent> {
    return this.#generate(true);
  }

  /** The user speaks, and the provider hears it and answers by itself. */
  hear(transcript: string, speakMillis = 20): void {
    this.emit('input_speech_started', {});
    setTimeout(() => {
      this.emit('input_speech_stopped', { userTranscriptionEnabled: true });
      this.emit('input_audio_transcription_completed', {
        itemId: `item-${transcript.length}`,
        transcript,
        isFinal: true,
      });
      this.emit('generation_created', this.#generate(false));
    }, speakMillis);
  }

  #generate(userInitiated: boolean): llm.GenerationCreatedEvent {
    const { response, id } = this.#model.respond();
    if (response.error !== undefined) throw response.error;
    const calls = (response.toolCalls ?? []).map((call, index) => functionCall(call, id, index));
    const metricsOf = response.metrics ?? 'inTime';
    const sendMetrics = (): void => {
      this.emit('metrics_collected', realtimeMetrics(this.#model, id, response.usage));
    };
    const message: llm.MessageGeneration | undefined =
      response.text === undefined
        ? undefined
        : {
            messageId: `${id}-message`,
            textStream: ReadableStream.from([response.text]),
            audioStream: ReadableStream.from([audioFrame(false), audioFrame(false)]),
            modalities: Promise.resolve(['text', 'audio']),
          };
    return {
      messageStream: ReadableStream.from(message === undefined ? [] : [message]),
      functionStream: ReadableStream.from(
        (async function* (): AsyncGenerator<llm.FunctionCall> {
          yield* calls;
          // The streams of a provider end with its `response.done`, which brings the usage.
          await sleep(30);
          if (metricsOf === 'inTime') sendMetrics();
          if (typeof metricsOf === 'object') setTimeout(sendMetrics, metricsOf.lateMillis);
        })(),
      ),
      userInitiated,
      responseId: id,
    };
  }
}

function realtimeMetrics(
  model: ScriptedRealtimeModel,
  requestId: string,
  usage: RealtimeUsage = { inputText: 0, inputAudio: 0, outputText: 0, outputAudio: 0 },
): metrics.RealtimeModelMetrics {
  const inputTokens = usage.inputText + usage.inputAudio;
  const outputTokens = usage.outputText + usage.outputAudio;
  return {
    type: 'realtime_model_metrics',
    label: model.label(),
    requestId,
    timestamp: Date.now(),
    durationMs: 420,
    ttftMs: 133,
    cancelled: false,
    inputTokens,
    outputTokens,
    totalTokens: inputTokens + outputTokens,
    tokensPerSecond: 51,
    inputTokenDetails: {
      audioTokens: usage.inputAudio,
      textTokens: usage.inputText,
      imageTokens: 0,
      cachedTokens: usage.cached ?? 0,
    },
    outputTokenDetails: {
      textTokens: usage.outputText,
      audioTokens: usage.outputAudio,
      imageTokens: 0,
    },
    metadata: { modelName: model.model, modelProvider: model.provider },
  };
}
