import { setTimeout as sleep } from 'node:timers/promises';
import { asLanguageCode, stt } from '@livekit/agents';
import { FRAME_MILLIS, isLoud, SAMPLE_RATE } from './scripted-audio.js';

export interface ScriptedSTTOptions {
  /** What each utterance is heard as, in order; null is an utterance that nothing is heard in. */
  readonly transcripts: readonly (string | null)[];
  /** Between the end of an utterance and its transcript. Default 10. */
  readonly delayMillis?: number;
}

/** Transcribes the utterances of a `ScriptedMicrophone` by a script. */
export class ScriptedSTT extends stt.STT {
  override label = 'scripted.STT';
  readonly delayMillis: number;
  readonly #transcripts: readonly (string | null)[];
  #next = 0;

  constructor(options: ScriptedSTTOptions) {
    super({ streaming: true, interimResults: true });
    this.#transcripts = options.transcripts;
    this.delayMillis = options.delayMillis ?? 10;
  }

  override get model(): string {
    return 'scripted-stt-model';
  }

  override get provider(): string {
    return 'Deepgram';
  }

  /** The next transcript and its number; null past the end of the script. */
  hear(): { readonly text: string | null; readonly number: number } {
    const number = this.#next++;
    return { text: this.#transcripts[number] ?? null, number };
  }

  protected override async _recognize(): Promise<stt.SpeechEvent> {
    throw new Error('the scripted STT streams');
  }

  override stream(): stt.SpeechStream {
    return new ScriptedSpeechStream(this);
  }
}

class ScriptedSpeechStream extends stt.SpeechStream {
  override label = 'scripted.SpeechStream';
  readonly #stt: ScriptedSTT;

  constructor(owner: ScriptedSTT) {
    super(owner, SAMPLE_RATE);
    this.#stt = owner;
  }

  protected async run(): Promise<void> {
    let loudMillis = 0;
    for await (const audio of this.input) {
      if (typeof audio === 'symbol') continue;
      if (isLoud(audio)) {
        loudMillis += FRAME_MILLIS;
      } else if (loudMillis > 0) {
        const utteranceMillis = loudMillis;
        loudMillis = 0;
        await this.#transcribe(utteranceMillis);
      }
    }
  }

  async #transcribe(utteranceMillis: number): Promise<void> {
    const { text, number } = this.#stt.hear();
    const requestId = `stt-request-${number}`;
    await sleep(this.#stt.delayMillis);
    if (this.closed) return;
    if (text !== null) {
      const [firstWord = text] = text.split(' ');
      this.queue.put({
        type: stt.SpeechEventType.INTERIM_TRANSCRIPT,
        requestId,
        alternatives: heard(firstWord),
      });
      this.queue.put({
        type: stt.SpeechEventType.FINAL_TRANSCRIPT,
        requestId,
        alternatives: heard(text),
      });
    }
    this.queue.put({
      type: stt.SpeechEventType.RECOGNITION_USAGE,
      requestId,
      recognitionUsage: { audioDuration: utteranceMillis / 1000 },
    });
  }
}

function heard(text: string): [stt.SpeechData] {
  return [{ language: asLanguageCode('en'), text, startTime: 0, endTime: 0, confidence: 0.93 }];
}
