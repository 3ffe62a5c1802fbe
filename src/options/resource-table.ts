import type { OptionTable } from './option-row.js';
import { readTextEnv, readTextOption } from './read-text.js';
import {
  createResourceTextReader,
  mergeAttributes,
  readResourceEnv,
  readResourceOption,
} from './resource-attributes.js';
import type { OptionValues } from './resolved-options.js';

const RESOURCE_ATTRIBUTES = 'OTEL_RESOURCE_ATTRIBUTES';

const readResourceName = createResourceTextReader('service.name');
const readResourceVersion = createResourceTextReader('service.version');
const readResourceEnvironment = createResourceTextReader(
  'deployment.environment.name',
  // The name of the attribute before semantic conventions 1.27.
  'deployment.environment',
);

/** Who sends. */
export const RESOURCE_TABLE: OptionTable<
  Pick<OptionValues, 'serviceName' | 'serviceVersion' | 'environment' | 'resourceAttributes'>
> = {
  serviceName: {
    env: ['CATALYST_SERVICE_NAME', 'INFERENCE_SERVICE_NAME', 'SERVICE_NAME'],
    standardEnv: ['OTEL_SERVICE_NAME', RESOURCE_ATTRIBUTES],
    default: 'livekit-agent',
    defaultText: 'livekit-agent',
    meaning: '`service.name` of the resource',
    readOption: readTextOption,
    readEnv: (text, name) =>
      name === RESOURCE_ATTRIBUTES ? readResourceName(text) : readTextEnv(text),
  },
  serviceVersion: {
    env: ['CATALYST_SERVICE_VERSION', 'INFERENCE_SERVICE_VERSION'],
    standardEnv: [RESOURCE_ATTRIBUTES],
    default: undefined,
    defaultText: 'unset',
    meaning: '`service.version` of the resource',
    readOption: readTextOption,
    readEnv: (text, name) =>
      name === RESOURCE_ATTRIBUTES ? readResourceVersion(text) : readTextEnv(text),
  },
  environment: {
    env: ['CATALYST_ENVIRONMENT', 'INFERENCE_ENVIRONMENT'],
    standardEnv: [RESOURCE_ATTRIBUTES],
    default: undefined,
    defaultText: 'unset',
    meaning: '`deployment.environment.name` of the resource',
    readOption: readTextOption,
    readEnv: (text, name) =>
      name === RESOURCE_ATTRIBUTES ? readResourceEnvironment(text) : readTextEnv(text),
  },
  resourceAttributes: {
    env: [],
    standardEnv: [RESOURCE_ATTRIBUTES],
    default: {},
    defaultText: '{}',
    meaning: 'Further attributes of the resource; the sources are merged, code wins a key',
    readOption: readResourceOption,
    readEnv: readResourceEnv,
    merge: mergeAttributes,
  },
};
