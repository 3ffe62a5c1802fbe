import { asPrintable } from '../diagnostics.js';
import { DELIVERY_TABLE } from './delivery-table.js';
import { describeType } from './describe-value.js';
import { OPTION_TABLE } from './option-table.js';
import { PRIVACY_FLAG_TABLE } from './privacy-flag-table.js';
import { isGiven, type TableReader } from './read-table.js';
import { isRecord } from './read-objects.js';

/** Options as somebody wrote them, unchecked. */
export type GivenOptions = Readonly<Record<string, unknown>>;

/** The groups of options as given; whatever is no object is refused. */
export interface GivenOptionGroups {
  readonly top: GivenOptions;
  readonly delivery: GivenOptions;
  readonly privacy: GivenOptions;
}

/**
 * Takes options apart into their groups. A name nobody knows warns, because JavaScript has no
 * compiler to say so; a name that looks like a privacy switch and is none is refused, because the
 * content it was meant to withhold would leave.
 */
export function takeOptionGroups(options: unknown, reader: TableReader): GivenOptionGroups {
  const top = asGroup(options, 'options', reader);
  const delivery = asGroup(top['delivery'], 'delivery', reader);
  const privacy = asGroup(top['privacy'], 'privacy', reader);
  warnOfUnknown(top, { ...OPTION_TABLE, delivery, privacy, disabled: undefined }, '', reader);
  warnOfUnknown(delivery, DELIVERY_TABLE, 'delivery.', reader);
  for (const name of Object.keys(privacy)) {
    if (/^(?:hide|base64|allow|capture)/i.test(name) && !Object.hasOwn(PRIVACY_FLAG_TABLE, name)) {
      reader.refuseOption(`privacy.${asPrintable(name, 60)}`, 'is no privacy switch');
    }
  }
  return { top: withServiceOfResource(top), delivery, privacy };
}

function asGroup(value: unknown, name: string, reader: TableReader): GivenOptions {
  if (!isGiven(value)) return {};
  if (isRecord(value) && !Array.isArray(value)) return value;
  reader.refuseOption(name, `must be an object; saw ${describeType(value)}`);
  return {};
}

function warnOfUnknown(
  given: GivenOptions,
  known: object,
  prefix: string,
  reader: TableReader,
): void {
  for (const name of Object.keys(given)) {
    if (!Object.hasOwn(known, name)) {
      reader.warnOption(`${prefix}${asPrintable(name, 60)}`, 'is not known; it is ignored');
    }
  }
}

/**
 * `resourceAttributes` is code too: a `service.name` in it comes before every variable, after the
 * option of its own.
 */
function withServiceOfResource(given: GivenOptions): GivenOptions {
  const resource = given['resourceAttributes'];
  if (!isRecord(resource)) return given;
  const pick = (name: string, key: string): unknown =>
    isGiven(given[name]) ? given[name] : resource[key];
  return {
    ...given,
    serviceName: pick('serviceName', 'service.name'),
    serviceVersion: pick('serviceVersion', 'service.version'),
    environment: pick('environment', 'deployment.environment.name'),
  };
}
