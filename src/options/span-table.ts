import type { OptionTable } from './option-row.js';
import { readBooleanOption } from './read-boolean.js';
import {
  readExportersOption,
  readMetadataOption,
  readSamplerOption,
  readSessionIdOption,
  readSpanLimitsOption,
  readSpanProcessorsOption,
} from './read-objects.js';
import { readTextListOption, readTextOption, readWord } from './read-text.js';
import type { PlainOptionValues } from './resolved-options.js';

const UNSET = {
  env: [],
  standardEnv: [],
  default: undefined,
  defaultText: 'unset',
} as const;

/** Which spans are recorded and sent, and what every one of them carries. */
export const SPAN_TABLE: OptionTable<
  Pick<
    PlainOptionValues,
    | 'metadata'
    | 'sessionId'
    | 'userId'
    | 'tags'
    | 'exportScopes'
    | 'rawContent'
    | 'sampler'
    | 'spanLimits'
    | 'spanProcessors'
    | 'exporters'
  >
> = {
  metadata: {
    ...UNSET,
    meaning: '`metadata` of every span',
    readOption: readMetadataOption,
  },
  sessionId: {
    ...UNSET,
    meaning: '`session.id` of every span, or a function that gives it',
    readOption: readSessionIdOption,
  },
  userId: { ...UNSET, meaning: '`user.id` of every span', readOption: readTextOption },
  tags: { ...UNSET, meaning: '`tag.tags` of every span', readOption: readTextListOption },
  exportScopes: {
    ...UNSET,
    default: 'all',
    defaultText: 'all',
    meaning: '`all`, or `livekit` to send LiveKit’s and this package’s spans only',
    readOption: readWord(['all', 'livekit']),
  },
  rawContent: {
    ...UNSET,
    default: false,
    defaultText: 'false',
    meaning: 'Sends LiveKit’s raw content attributes beside the OpenInference ones',
    readOption: readBooleanOption,
  },
  sampler: {
    ...UNSET,
    defaultText: '`OTEL_TRACES_SAMPLER`, else parent-based, always on',
    meaning: 'Which spans are recorded',
    readOption: readSamplerOption,
  },
  spanLimits: {
    ...UNSET,
    defaultText: '`OTEL_SPAN_*`, else those of the OpenTelemetry SDK',
    meaning: 'Limits of a span',
    readOption: readSpanLimitsOption,
  },
  spanProcessors: {
    ...UNSET,
    default: [],
    defaultText: '[]',
    meaning: 'Further span processors; they receive mapped spans',
    readOption: readSpanProcessorsOption,
  },
  exporters: {
    ...UNSET,
    default: [],
    defaultText: '[]',
    meaning: 'Further span exporters; they receive mapped spans',
    readOption: readExportersOption,
  },
};
