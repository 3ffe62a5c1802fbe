import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Attributes, AttributeValue, HrTime, SpanKind, SpanStatus } from '@opentelemetry/api';

const CORPUS = join(import.meta.dirname, '..', 'corpus');

/** A span as a real run of LiveKit ended it. */
export interface CapturedSpan {
  readonly name: string;
  readonly kind: SpanKind;
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId: string | null;
  readonly startTime: HrTime;
  readonly endTime: HrTime;
  readonly attributes: Readonly<Record<string, AttributeValue>>;
  readonly events: readonly CapturedEvent[];
  readonly status: SpanStatus;
  readonly scope: { readonly name: string; readonly version: string | null };
  /** Place among all starts and ends of the run; absent in captures of job processes. */
  readonly startSeq?: number;
  readonly endSeq?: number;
}

export interface CapturedEvent {
  readonly name: string;
  readonly time: HrTime;
  readonly attributes?: Attributes;
}

/** One scenario on one LiveKit version, its spans in the order in which they ended. */
export interface Capture {
  readonly version: string;
  readonly scenario: string;
  readonly spans: readonly CapturedSpan[];
}

export interface CaptureName {
  readonly version: string;
  readonly scenario: string;
}

/** Every capture there is, by version and name; `version` narrows to one. */
export function listCaptures(version?: string): readonly CaptureName[] {
  const versions = version === undefined ? readdirSync(CORPUS) : [version];
  return versions.toSorted().flatMap((folder) =>
    readdirSync(join(CORPUS, folder))
      .toSorted()
      .map((file) => ({ version: folder, scenario: file.replace(/\.jsonl$/u, '') })),
  );
}

export function readCapture(version: string, scenario: string): Capture {
  const text = readFileSync(join(CORPUS, version, `${scenario}.jsonl`), 'utf8');
  const spans = text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as CapturedSpan);
  return { version, scenario, spans };
}
