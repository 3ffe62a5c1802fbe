import { EventEmitter } from 'node:events';
import type { TraceableJob } from '../../src/index.js';

/** A job as `tracing.job` sees one, and its end. */
export class Job implements TraceableJob {
  readonly job = { room: { sid: 'RM_1', name: 'call-of-ada' } };
  readonly room: EventEmitter & { remoteParticipants: Map<string, object> } = Object.assign(
    new EventEmitter(),
    { remoteParticipants: new Map<string, object>() },
  );
  readonly #callbacks: (() => Promise<void>)[] = [];

  addShutdownCallback(callback: () => Promise<void>): void {
    this.#callbacks.push(callback);
  }

  async end(): Promise<void> {
    await Promise.all(this.#callbacks.map((callback) => callback()));
  }
}
