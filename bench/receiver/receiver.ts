import { fork } from 'node:child_process';
import { once } from 'node:events';

/** What arrived in one run. */
export interface Received {
  readonly requests: number;
  /** Bodies as they were on the wire. */
  readonly bytes: number;
  readonly largestBytes: number;
  readonly spans: number;
}

export const NOTHING_RECEIVED: Received = { requests: 0, bytes: 0, largestBytes: 0, spans: 0 };

export interface ReceiverQuestion {
  readonly run: string;
}

export interface Receiver {
  /** Where a run sends to: the run's name is the first part of the path. */
  readonly endpointOf: (run: string) => string;
  /** What arrived from a run that has ended; forgets it. */
  readonly take: (run: string) => Promise<Received>;
  readonly close: () => void;
}

/** Starts the receiver's process from its built file. */
export async function startReceiver(file: string): Promise<Receiver> {
  const child = fork(file);
  const [port] = (await once(child, 'message')) as [number];
  return {
    endpointOf: (run) => `http://127.0.0.1:${String(port)}/${run}`,
    async take(run) {
      const question: ReceiverQuestion = { run };
      child.send(question);
      const [received] = (await once(child, 'message')) as [Received];
      return received;
    },
    close: () => child.disconnect(),
  };
}
