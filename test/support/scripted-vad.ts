import { VAD, type VADEvent, VADEventType, VADStream } from '@livekit/agents';
import type { AudioFrame } from '@livekit/rtc-node';
import { FRAME_MILLIS, isLoud, VAD_WINDOW_MILLIS } from './scripted-audio.js';

/** Hears speech in loud frames, after a short window, as a real detector does. */
export class ScriptedVAD extends VAD {
  override label = 'scripted.VAD';

  constructor() {
    super({ updateInterval: FRAME_MILLIS });
  }

  override stream(): VADStream {
    return new ScriptedVADStream(this);
  }
}

class ScriptedVADStream extends VADStream {
  #speaking = false;
  #speechMillis = 0;
  #silenceMillis = 0;

  constructor(vad: VAD) {
    super(vad);
    void this.#listen();
  }

  async #listen(): Promise<void> {
    for (;;) {
      const { done, value } = await this.inputReader.read();
      if (done || this.closed) return;
      if (typeof value === 'symbol') continue;
      this.#hear(value);
    }
  }

  #hear(audio: AudioFrame): void {
    if (isLoud(audio)) {
      this.#speechMillis += FRAME_MILLIS;
      this.#silenceMillis = 0;
      if (!this.#speaking && this.#speechMillis >= VAD_WINDOW_MILLIS) {
        this.#speaking = true;
        this.#send(VADEventType.START_OF_SPEECH, audio);
      }
    } else {
      this.#silenceMillis += FRAME_MILLIS;
      if (!this.#speaking) this.#speechMillis = 0;
    }
    this.#send(VADEventType.INFERENCE_DONE, audio);
    if (this.#speaking && this.#silenceMillis >= VAD_WINDOW_MILLIS) {
      this.#speaking = false;
      this.#send(VADEventType.END_OF_SPEECH, audio);
      this.#speechMillis = 0;
    }
  }

  #send(type: VADEventType, audio: AudioFrame): void {
    const event: VADEvent = {
      type,
      samplesIndex: 0,
      timestamp: Date.now(),
      speechDuration: this.#speechMillis,
      silenceDuration: this.#silenceMillis,
      frames: [audio],
      probability: isLoud(audio) ? 1 : 0,
      inferenceDuration: 0,
      speaking: this.#speaking,
      rawAccumulatedSilence: this.#silenceMillis,
      rawAccumulatedSpeech: this.#speaking ? this.#speechMillis : 0,
    };
    this.sendVADEvent(event);
  }
}

/** A text turn detector that is sure of itself: with one, LiveKit opens `eou_detection`. */
export const scriptedTurnDetector = {
  model: 'scripted-turn-detector',
  provider: 'scripted.provider',
  supportsLanguage: async (): Promise<boolean> => true,
  predictEndOfTurn: async (): Promise<number> => 0.91,
  unlikelyThreshold: async (): Promise<number> => 0.15,
};
