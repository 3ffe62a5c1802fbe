import { setTimeout as sleep } from 'node:timers/promises';
import { inspect } from 'node:util';
import type { ReadableSpan } from '@opentelemetry/sdk-trace-base';

/** Whatever the process writes for people to read while this listens. */
export interface Listening {
  text(): string;
  stop(): void;
}

/** Listens to the console and to both standard streams, and keeps what is said from the screen. */
export function listen(): Listening {
  const said: string[] = [];
  const hear = (...parts: readonly unknown[]): true => {
    said.push(parts.map((part) => (typeof part === 'string' ? part : inspect(part))).join(' '));
    return true;
  };
  const { log, info, warn, error, debug } = console;
  Object.assign(console, { log: hear, info: hear, warn: hear, error: hear, debug: hear });
  const streams = [process.stdout, process.stderr];
  // Their own method is inherited: what is set here hides it until it is deleted.
  for (const stream of streams) Object.assign(stream, { write: hear });
  return {
    text: () => said.join('\n'),
    stop: () => {
      Object.assign(console, { log, info, warn, error, debug });
      for (const stream of streams) Reflect.deleteProperty(stream, 'write');
    },
  };
}

/** Sets variables, runs, and puts them back as they were. */
export async function withEnv<T>(
  variables: Readonly<Record<string, string>>,
  run: () => Promise<T>,
): Promise<T> {
  const before = Object.keys(variables).map((name) => [name, process.env[name]] as const);
  Object.assign(process.env, variables);
  try {
    return await run();
  } finally {
    for (const [name, value] of before) {
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
    }
    // What was set up under them has read them; nothing is left waiting to.
    await sleep(0);
  }
}

/** A span as an exporter of the user's own could write it down. */
export function writeDown({ name, attributes, events, links, status }: ReadableSpan): string {
  return JSON.stringify({ name, attributes, events, links, status });
}

/** Everything that can be reached through a span, hidden properties and symbols included. */
export function lookInto(span: ReadableSpan): string {
  return inspect(span, { depth: 6, showHidden: true, maxStringLength: null, maxArrayLength: null });
}
