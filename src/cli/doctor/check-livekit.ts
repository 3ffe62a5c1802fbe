import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import type { TracerProvider } from '@opentelemetry/api';
import { createTracing } from '../../create-tracing.js';
import { asPrintable, reasonOf } from '../../diagnostics.js';
import {
  loadedLiveKitModules,
  currentProvider,
  type LiveKitModule,
} from '../../livekit/livekit-module.js';
import { liveSetup } from '../../live-tracing.js';
import type { ResolvedOptions } from '../../options/resolve-options.js';
import { readForeignProvider } from '../../provider/foreign-provider.js';
import { globalProvider, providerBehind } from '../../provider/global-registration.js';
import { finding, type Finding } from './findings.js';

const LIVEKIT = '@livekit/agents';
const PROBE_SPAN = 'catalyst-tracing doctor';

/**
 * Sets tracing up as the application would, next to every copy of LiveKit that it can load, and
 * says whether their tracers lead here, and who owns the process's provider. Where a file of the
 * application has set tracing up already, that set-up is looked at.
 */
export async function checkLiveKit(
  resolved: ResolvedOptions,
  directory: string,
): Promise<readonly Finding[]> {
  const live = await liveSetup()?.pending;
  const owner = live === undefined ? globalProvider() : undefined;
  const failure = await loadCopies(directory);
  const provider = live?.provider ?? (await connectAsSetup(resolved));
  const modules = await loadedLiveKitModules();
  const findings: Finding[] = [describeOwner(owner, provider)];
  // Copies that are found all the same are not the application's.
  if (failure !== undefined) return [...findings, failure];
  // Tracing that was set up before LiveKit was loaded is connected by LiveKit's first span.
  for (const module of modules) startProbe(module);
  await sleep(50);
  for (const module of modules) findings.push(...checkCopy(module, provider));
  return findings;
}

/** Without an endpoint: the test trace is sent by itself, so that its answer is seen. */
async function connectAsSetup(resolved: ResolvedOptions): Promise<TracerProvider> {
  const { tracing } = await createTracing(
    { ...resolved, endpoint: undefined, metrics: undefined },
    () => {},
  );
  return tracing.provider;
}

/** The CommonJS copy, or the ESM one where that is all that loads. */
async function loadCopies(directory: string): Promise<Finding | undefined> {
  const require = createRequire(join(directory, 'noop.js'));
  let entry: string | undefined;
  try {
    entry = require.resolve(LIVEKIT);
    require(LIVEKIT);
  } catch (error) {
    if (entry === undefined) return undefined;
    const esm = pathToFileURL(join(dirname(entry), 'index.js')).href;
    const isLoaded = await import(esm).then(
      () => true,
      () => false,
    );
    if (isLoaded) return undefined;
    return finding('livekit.does_not_load', { reason: reasonOf(error) });
  }
  return undefined;
}

function describeOwner(owner: TracerProvider | undefined, provider: TracerProvider): Finding {
  if (owner === undefined) {
    const current = globalProvider();
    return current === provider
      ? finding('livekit.owner')
      : finding('livekit.owner_other', { provider: nameOf(current) });
  }
  const isOpaque = readForeignProvider(owner).processor === undefined;
  const id = isOpaque ? 'livekit.owner_opaque' : 'livekit.owner_shared';
  return finding(id, { provider: nameOf(owner) });
}

function nameOf(provider: TracerProvider | undefined): string {
  return asPrintable(provider?.constructor.name ?? 'none', 60);
}

function startProbe({ telemetry: { tracer } }: LiveKitModule): void {
  if (tracer === undefined || !('startSpan' in tracer)) return;
  if (typeof tracer.startSpan !== 'function') return;
  const span: unknown = tracer.startSpan({ name: PROBE_SPAN });
  if (typeof span !== 'object' || span === null || !('end' in span)) return;
  if (typeof span.end === 'function') span.end();
}

/** `Symbol.toStringTag` tells a namespace of ESM from the exports of CommonJS. */
function formatOf(module: LiveKitModule): string {
  return Object.prototype.toString.call(module) === '[object Module]' ? 'ESM' : 'CommonJS';
}

function checkCopy(module: LiveKitModule, provider: TracerProvider): readonly Finding[] {
  const copy = `${LIVEKIT} ${module.version ?? ''}`.trim() + ` (${formatOf(module)})`;
  const current = currentProvider(module);
  const other = current === undefined ? undefined : providerBehind(current);
  if (other === provider) {
    return [finding('livekit.reached', { copy }), finding('livekit.cloud', { copy })];
  }
  const id = other === undefined ? 'livekit.not_reached' : 'livekit.not_reached other-provider';
  return [finding(id, { copy, provider: nameOf(current), other: nameOf(other) })];
}
