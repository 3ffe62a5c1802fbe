import type { TracerProvider } from '@opentelemetry/api';
import type { InstallResult } from '../catalyst-tracing.js';
import type { LiveKitModule } from './livekit-module.js';

/** Makes one copy of LiveKit send its spans to a provider. Never throws. */
export type LiveKitConnector = (module: LiveKitModule, provider: TracerProvider) => InstallResult;

/** Where every copy of this package finds it: the ESM and the CommonJS build, and nested installs. */
const CONNECTOR: unique symbol = Symbol.for('catalyst-tracing.livekit-connector');

/** Lets a provider, or a span processor inside somebody else's provider, be asked to take LiveKit. */
export function offerLiveKitConnector(owner: object, connector: LiveKitConnector): void {
  Object.defineProperty(owner, CONNECTOR, { value: connector });
}

/** The connector that {@link offerLiveKitConnector} left; `undefined` on what is not ours. */
export function livekitConnectorOf(owner: object): LiveKitConnector | undefined {
  const connector: unknown = Reflect.get(owner, CONNECTOR);
  return isConnector(connector) ? connector : undefined;
}

function isConnector(value: unknown): value is LiveKitConnector {
  return typeof value === 'function';
}
