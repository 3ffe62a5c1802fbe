import { tts } from '@livekit/agents';
import { audioFrame, FRAME_MILLIS, SAMPLE_RATE } from './scripted-audio.js';

export interface ScriptedTTSOptions {
  /** Default true; without it LiveKit wraps the model in its own sentence splitter. */
  readonly streaming?: boolean;
  /** Length of the speech per character. Default 3. */
  readonly millisPerCharacter?: number;
  /** Thrown by each attempt, in order; attempts after the last one succeed. */
  readonly errors?: readonly Error[];
}

/** Speaks silence of the right length. */
export class ScriptedTTS extends tts.TTS {
  override label = 'scripted.TTS';
  readonly millisPerCharacter: number;
  /** Text of every segment that was asked for. */
  readonly spoken: string[] = [];
  readonly #errors: Error[];

  constructor(options: ScriptedTTSOptions = {}) {
    super(SAMPLE_RATE, 1, { streaming: options.streaming ?? true });
    this.millisPerCharacter = options.millisPerCharacter ?? 3;
    this.#errors = [...(options.errors ?? [])];
  }

  override get model(): string {
    return 'scripted-tts-model';
  }

  override get provider(): string {
    return 'Cartesia';
  }

  failIfScripted(): void {
    const error = this.#errors.shift();
    if (error !== undefined) throw error;
  }

  override synthesize(...args: Parameters<tts.TTS['synthesize']>): tts.ChunkedStream {
    return new ScriptedChunkedStream(this, ...args);
  }

  override stream(...[options]: Parameters<tts.TTS['stream']>): tts.SynthesizeStream {
    return new ScriptedSynthesizeStream(this, options?.connOptions);
  }

  /** The audio of one segment, frame by frame. */
  *speak(text: string): Generator<tts.SynthesizedAudio> {
    const segment = this.spoken.push(text) - 1;
    const frames = Math.max(1, Math.ceil((text.length * this.millisPerCharacter) / FRAME_MILLIS));
    for (let index = 0; index < frames; index++) {
      yield {
        requestId: `tts-request-${segment}`,
        segmentId: `tts-segment-${segment}`,
        frame: audioFrame(false),
        final: index === frames - 1,
      };
    }
  }
}

class ScriptedChunkedStream extends tts.ChunkedStream {
  override label = 'scripted.ChunkedStream';
  readonly #tts: ScriptedTTS;
  readonly #text: string;

  constructor(owner: ScriptedTTS, ...[text, ...rest]: Parameters<tts.TTS['synthesize']>) {
    super(text, owner, ...rest);
    this.#tts = owner;
    this.#text = text;
  }

  protected async run(): Promise<void> {
    this.#tts.failIfScripted();
    for (const audio of this.#tts.speak(this.#text)) this.queue.put(audio);
  }
}

class ScriptedSynthesizeStream extends tts.SynthesizeStream {
  override label = 'scripted.SynthesizeStream';
  readonly #tts: ScriptedTTS;

  constructor(
    owner: ScriptedTTS,
    connOptions: ConstructorParameters<typeof tts.SynthesizeStream>[1],
  ) {
    super(owner, connOptions);
    this.#tts = owner;
  }

  protected async run(): Promise<void> {
    this.#tts.failIfScripted();
    let text = '';
    for await (const piece of this.input) {
      if (typeof piece !== 'symbol') {
        text += piece;
        continue;
      }
      this.#say(text);
      text = '';
    }
    this.#say(text);
  }

  #say(text: string): void {
    if (text === '') return;
    this.markStarted();
    for (const audio of this.#tts.speak(text)) this.queue.put(audio);
  }
}
