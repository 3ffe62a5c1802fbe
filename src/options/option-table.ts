import { DESTINATION_TABLE } from './destination-table.js';
import { describeValue } from './describe-value.js';
import type { OptionTable, Reading } from './option-row.js';
import { readBooleanEnv, readBooleanOption } from './read-boolean.js';
import { readModulesOption } from './read-objects.js';
import type { OptionValues } from './resolved-options.js';
import { RESOURCE_TABLE } from './resource-table.js';
import { SPAN_TABLE } from './span-table.js';

// The levels that OpenTelemetry's SDKs know; the last three say at least what `debug` says.
const LOG_LEVELS: ReadonlyMap<string, boolean> = new Map([
  ['none', false],
  ['error', false],
  ['warn', false],
  ['info', false],
  ['debug', true],
  ['verbose', true],
  ['all', true],
]);

/**
 * Every option of `setup()` but the groups `delivery` and `privacy`, which have tables of their
 * own. Resolution, tests and docs read these rows.
 */
export const OPTION_TABLE: OptionTable<OptionValues> = {
  ...DESTINATION_TABLE,
  ...RESOURCE_TABLE,
  ...SPAN_TABLE,
  disabled: {
    env: ['CATALYST_DISABLED'],
    standardEnv: ['OTEL_SDK_DISABLED'],
    default: false,
    defaultText: 'false',
    meaning: 'Everything works and nothing is recorded',
    readEnv: readBooleanEnv,
  },
  debug: {
    env: ['CATALYST_DEBUG', 'INFERENCE_DEBUG'],
    standardEnv: ['OTEL_LOG_LEVEL'],
    default: false,
    defaultText: 'false',
    meaning: 'Says on stderr what the library does (`OTEL_LOG_LEVEL`: `debug`, `verbose`, `all`)',
    readOption: readBooleanOption,
    readEnv: (text, name) =>
      name === 'OTEL_LOG_LEVEL' ? readLogLevel(text) : readBooleanEnv(text),
  },
  modules: {
    env: [],
    standardEnv: [],
    default: Object.freeze({}),
    defaultText: '{}',
    meaning: 'The module namespaces of the SDKs to instrument',
    readOption: readModulesOption,
  },
  autoInstrument: {
    env: [],
    standardEnv: [],
    default: true,
    defaultText: 'true',
    meaning: 'Looks for supported SDKs that are installed',
    readOption: readBooleanOption,
  },
};

function readLogLevel(text: string): Reading<boolean> {
  const value = LOG_LEVELS.get(text.toLowerCase());
  return value === undefined
    ? { problem: `must be a log level such as info or debug; saw ${describeValue(text)}` }
    : { value };
}
