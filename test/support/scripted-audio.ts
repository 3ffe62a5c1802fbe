import { ReadableStream, type ReadableStreamDefaultController } from 'node:stream/web';
import { setTimeout as sleep } from 'node:timers/promises';
import { voice } from '@livekit/agents';
import { AudioFrame } from '@livekit/rtc-node';

export const SAMPLE_RATE = 16_000;
export const FRAME_MILLIS = 20;
/** Speech counts after this much of it, and has ended after this much silence. */
export const VAD_WINDOW_MILLIS = 60;
const LOUD = 8_000;

/** A frame of silence or of a steady loud sample, which is all that the scripted VAD listens for. */
export function audioFrame(loud: boolean, millis: number = FRAME_MILLIS): AudioFrame {
  const samples = Math.round((SAMPLE_RATE * millis) / 1000);
  return new AudioFrame(new Int16Array(samples).fill(loud ? LOUD : 0), SAMPLE_RATE, 1, samples);
}

/** Whether the user of a `ScriptedMicrophone` speaks in this frame. */
export function isLoud(audio: AudioFrame): boolean {
  return (audio.data[0] ?? 0) > LOUD / 2;
}

/** A user at a microphone: speaks in real time, so that times in the spans mean something. */
export class ScriptedMicrophone extends voice.AudioInput {
  #frames: ReadableStreamDefaultController<AudioFrame> | undefined;

  constructor() {
    super();
    const frames = new ReadableStream<AudioFrame>({
      start: (controller) => {
        this.#frames = controller;
      },
    });
    this.multiStream.addInputStream(frames);
  }

  /** Speaks for `millis`, then is silent for long enough to be heard as having ended. */
  async speak(millis = 200): Promise<void> {
    await this.#send(true, millis);
    await this.#send(false, 2 * VAD_WINDOW_MILLIS);
  }

  /** Begins to speak and does not stop. */
  async beginToSpeak(millis = 200): Promise<void> {
    await this.#send(true, millis);
  }

  async #send(loud: boolean, millis: number): Promise<void> {
    for (let sent = 0; sent < millis; sent += FRAME_MILLIS) {
      this.#frames?.enqueue(audioFrame(loud));
      await sleep(FRAME_MILLIS);
    }
  }
}

/** A loudspeaker that plays in real time and can be cut off. */
export class ScriptedSpeaker extends voice.AudioOutput {
  #startedAtMillis = 0;
  #pushedMillis = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor() {
    super(SAMPLE_RATE);
  }

  override async captureFrame(audio: AudioFrame): Promise<void> {
    await super.captureFrame(audio);
    if (this.#pushedMillis === 0) {
      this.#startedAtMillis = Date.now();
      this.onPlaybackStarted(this.#startedAtMillis);
    }
    this.#pushedMillis += (audio.samplesPerChannel / audio.sampleRate) * 1000;
  }

  override flush(): void {
    super.flush();
    if (this.#pushedMillis === 0) return;
    const played = Date.now() - this.#startedAtMillis;
    this.#timer = setTimeout(() => this.#finish(false), Math.max(0, this.#pushedMillis - played));
  }

  override clearBuffer(): void {
    if (this.#pushedMillis > 0) this.#finish(true);
  }

  #finish(interrupted: boolean): void {
    clearTimeout(this.#timer);
    const playedMillis = interrupted
      ? Math.min(Date.now() - this.#startedAtMillis, this.#pushedMillis)
      : this.#pushedMillis;
    this.#pushedMillis = 0;
    this.onPlaybackFinished({ playbackPosition: playedMillis / 1000, interrupted });
  }
}
