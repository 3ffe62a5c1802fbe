import type { Exception } from '@opentelemetry/api';
import { isRecord } from '../mapping/read-attributes.js';
import { UNREADABLE } from './readable-leaf.js';
import { serializeValue } from './serialize-value.js';

/** What was thrown, for the `exception` event and the status. */
export interface SpanException {
  readonly event: Exception;
  readonly message: string;
}

/**
 * Reads anything that can be thrown. The type is the error's class and never its `code`, which
 * OpenTelemetry would prefer and backends would group by.
 */
export function describeException(thrown: unknown): SpanException {
  try {
    return readException(thrown);
  } catch {
    return { event: { message: UNREADABLE }, message: UNREADABLE };
  }
}

function readException(thrown: unknown): SpanException {
  if (!isRecord(thrown) || typeof thrown['message'] !== 'string') {
    const message = serializeValue(thrown)?.text ?? String(thrown);
    return { event: { message }, message };
  }
  const { message, stack } = thrown;
  const name = nameOf(thrown);
  return {
    event: {
      message,
      ...(name !== undefined && { name }),
      ...(typeof stack === 'string' && { stack }),
    },
    message,
  };
}

/** A subclass that doesn't set its `name` is told apart by its constructor. */
function nameOf(error: Readonly<Record<string, unknown>>): string | undefined {
  const { name, constructor } = error;
  if (typeof name === 'string' && name !== '' && name !== 'Error') return name;
  return typeof constructor === 'function' && constructor.name !== 'Object'
    ? constructor.name
    : undefined;
}
