import type { AttributeValue } from '@opentelemetry/api';
import { setup, type PrivacyOptions, type SetupOptions } from '../../src/index.js';
import { withEnv } from '../support/everything-said.js';
import type { DecodedSpan } from '../support/otlp-decode.js';
import { startReceiver } from '../support/otlp-receiver.js';

/** A value on a span of another tracer: the span's kind, the key and the value. */
export type Row = readonly [kind: string, key: string, value: AttributeValue];

/** How content is withheld. */
export interface Withholding {
  readonly env?: Readonly<Record<string, string>>;
  readonly privacy?: PrivacyOptions;
  readonly options?: SetupOptions;
}

/** What reaches a collector of a span for each row, and of an event where the key is an event's. */
export async function sendRows(
  { env = {}, privacy = {}, options = {} }: Withholding,
  rows: readonly Row[],
): Promise<readonly DecodedSpan[]> {
  const receiver = await startReceiver();
  try {
    await withEnv(env, async () => {
      const { endpoint } = receiver;
      const tracing = await setup({ endpoint, autoInstrument: false, privacy, ...options });
      const tracer = tracing.provider.getTracer('another tracer');
      for (const [kind, key, value] of rows) {
        const span = tracer.startSpan(key, { attributes: { 'openinference.span.kind': kind } });
        if (kind === EVENT) span.addEvent(key, { content: value });
        else span.setAttribute(key, value);
        span.end();
      }
      await tracing.shutdown();
    });
    return receiver.spans();
  } finally {
    await receiver.close();
  }
}

/** Instead of a kind: the key names an event. */
export const EVENT = 'EVENT';

/** What is sent of the rows of which this text arrives. */
export function leaks(spans: readonly DecodedSpan[], secret: string): readonly string[] {
  return spans.map(contentOf).filter((text) => text.includes(secret));
}

function contentOf({ name, attributes, events }: DecodedSpan): string {
  const values = [attributes, ...events.map((event) => event.attributes)];
  return `${name}: ${JSON.stringify(values)}`;
}
