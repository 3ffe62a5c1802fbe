import { randomBytes } from 'node:crypto';
import { trace } from '@opentelemetry/api';
import { afterAll, afterEach, beforeAll, expect } from 'vitest';
import { setup, type PrivacyOptions } from '../../src/index.js';
import { classifyRawKey } from '../../src/privacy/content-keys.js';
import type { HidingSwitch } from '../../src/privacy/content-rules.js';
import type { DecodedAttributes } from '../support/otlp-decode.js';
import { startReceiver, type Receiver } from '../support/otlp-receiver.js';

const CANARY = `canary${randomBytes(8).toString('hex')}`;
/** The first message that is sent, and the first that comes back. */
export const MESSAGE = 'llm.input_messages.0.message';
export const ANSWER = 'llm.output_messages.0.message';

const OPTION_OF: Readonly<Partial<Record<HidingSwitch, PrivacyOptions>>> = {
  noPii: { allowPii: false },
  noContent: { captureMessageContent: false },
};
/** The option that turns this switch on. */
export const optionOf = (hiding: HidingSwitch): PrivacyOptions =>
  OPTION_OF[hiding] ?? { [hiding]: true };
let receiver: Receiver;
beforeAll(async () => {
  receiver = await startReceiver();
});
afterAll(() => receiver.close());
afterEach(() => {
  trace.disable();
});

interface Arrival {
  readonly leaks: boolean;
  readonly value: DecodedAttributes[string] | undefined;
}

/** What reaches the collector of a span with the canary under this key. */
export async function arrival(key: string, privacy: PrivacyOptions): Promise<Arrival> {
  const before = receiver.requests().length;
  const tracing = await setup({ endpoint: receiver.endpoint, autoInstrument: false, privacy });
  const attributes = { [`${MESSAGE}.role`]: 'user', [key]: CANARY };
  tracing.provider.getTracer('app').startSpan('step', { attributes }).end();
  const { exported } = await tracing.shutdown();
  expect(exported).toBe(1);
  const requests = receiver.requests().slice(before);
  return {
    leaks: requests.some(({ body }) => Buffer.from(body).includes(CANARY)),
    value: requests[0]?.spans[0]?.attributes[key],
  };
}

/** Whether any byte of the canary leaves. */
export async function leaks(key: string, privacy: PrivacyOptions): Promise<boolean> {
  return (await arrival(key, privacy)).leaks;
}

/** Runs with a table changed in one place, or without it, and puts it back. */
export async function mutated<T>(
  table: object,
  place: string,
  value: unknown,
  run: () => Promise<T>,
): Promise<T> {
  const before: unknown = Reflect.get(table, place);
  if (value === undefined) Reflect.deleteProperty(table, place);
  else Reflect.set(table, place, value);
  forgetKeys();
  try {
    return await run();
  } finally {
    Reflect.set(table, place, before);
    forgetKeys();
  }
}

/** The classes of keys are remembered, up to a bound. */
function forgetKeys(): void {
  for (let n = 0; n <= 4_096; n += 1) classifyRawKey(`mutation.${n}`);
}
