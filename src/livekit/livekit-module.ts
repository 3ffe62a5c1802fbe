import { dirname, join, sep } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { TracerProvider } from '@opentelemetry/api';
import type { SpanProcessor } from '@opentelemetry/sdk-trace-base';
import { isRecord } from '../mapping/read-attributes.js';
import { loadedModules, processRequire, resolveFromApplication } from '../node-require.js';
import { isTracerProvider } from '../provider/global-registration.js';

/** What this package uses of a job, and offers of it to `sessionId` (`job.ts`). */
export interface LiveKitJobContext {
  readonly job?: {
    readonly id?: string;
    /** The room as the job was dispatched to it: known from the start. */
    readonly room?: { readonly sid?: string; readonly name?: string };
    readonly enableRedaction?: boolean;
  };
  /** The room as it was joined: without a name until it is. */
  readonly room?: { readonly name?: string | undefined };
  /** The session that records, and whether its `record` asks for redaction (1.8 and newer). */
  readonly _primaryAgentSession?: { readonly _redactionEnabled?: boolean };
  addShutdownCallback(callback: () => Promise<void>): void;
}

/** The part of the namespace of `@livekit/agents` that this package uses: public API alone. */
export interface LiveKitModule {
  readonly telemetry: {
    setTracerProvider(
      provider: TracerProvider,
      options: {
        readonly registerSpanProcessor: (processor: SpanProcessor) => void;
        readonly allowPii?: boolean;
      },
    ): void;
    /** LiveKit's own tracer, which goes to the provider that was set last. */
    readonly tracer?: object;
    /** Whether the running job mandates redaction; 1.8 and newer have it (`telemetry/utils.ts`). */
    redactionEnabled?(): boolean;
  };
  readonly getJobContext?: (required: false) => LiveKitJobContext | undefined;
  readonly Task?: { current?(): unknown };
  readonly version?: string;
}

/**
 * The namespace of `@livekit/agents` in what an application passes: the namespace itself, or what
 * `await import()` of the CommonJS copy returns, which has it as `default`. `undefined` for anything
 * else, and for a version without telemetry (before 1.0.19, and 1.1.0).
 */
export function asLiveKitModule(value: unknown): LiveKitModule | undefined {
  if (isLiveKitModule(value)) return value;
  const inner: unknown = isRecord(value) ? value['default'] : undefined;
  return isLiveKitModule(inner) ? inner : undefined;
}

/** The provider that LiveKit's spans go to now; `undefined` when the version does not show it. */
export function currentProvider({ telemetry }: LiveKitModule): TracerProvider | undefined {
  const { tracer } = telemetry;
  if (tracer === undefined) return undefined;
  // Public as `getProvider()` from 1.5.1 on, and under this name in every version.
  const provider: unknown = Reflect.get(tracer, 'tracerProvider');
  return isTracerProvider(provider) ? provider : undefined;
}

function isLiveKitModule(value: unknown): value is LiveKitModule {
  if (!isRecord(value)) return false;
  const { telemetry } = value;
  return isRecord(telemetry) && typeof telemetry['setTracerProvider'] === 'function';
}

/** Whether processors can be added to a provider: to ours, and to one of SDK 1.x. */
export function takesProcessors(
  provider: TracerProvider,
): provider is TracerProvider & { addSpanProcessor(processor: object): void } {
  return 'addSpanProcessor' in provider && typeof provider.addSpanProcessor === 'function';
}

const PACKAGE = '@livekit/agents';
/** CommonJS that every copy of LiveKit loads, ESM copies too: seeing it means LiveKit is in use. */
const LOADED_MARK = `${sep}@livekit${sep}rtc-`;
const CJS_ENTRY_MARK = `${sep}@livekit${sep}agents${sep}dist${sep}index.cjs`;

/**
 * Whether the process has loaded LiveKit, only has it installed, or does not have it. Loading it to
 * find out would cost half a second in an application that never uses it.
 */
export function livekitPresence(): 'loaded' | 'installed' | 'absent' {
  for (const file in loadedModules()) if (file.includes(LOADED_MARK)) return 'loaded';
  return livekitEntry() === undefined ? 'absent' : 'installed';
}

/** Entry file of LiveKit as the application sees it. */
export function livekitEntry(): string | undefined {
  return resolveFromApplication(PACKAGE);
}

export function loadedCommonJsCopies(): readonly LiveKitModule[] {
  return Object.entries(loadedModules())
    .filter(([file]) => file.endsWith(CJS_ENTRY_MARK))
    .map(([, module]) => asLiveKitModule(module?.exports))
    .filter((module) => module !== undefined);
}

/**
 * The ESM copy of LiveKit that the process has loaded, found by importing it again, which costs
 * nothing then. Its tracer is not that of a CommonJS copy.
 *
 * `undefined` also in an application whose main module is CommonJS and that has loaded a CommonJS
 * copy: the import would load an ESM copy that nobody uses.
 */
export async function loadedEsmCopy(): Promise<LiveKitModule | undefined> {
  const isCommonJs = processRequire()?.main !== undefined;
  const entry = livekitEntry();
  if (entry === undefined || (isCommonJs && loadedCommonJsCopies().length > 0)) return undefined;
  const esmEntry = join(dirname(entry), 'index.js');
  for (const specifier of [pathToFileURL(esmEntry).href, PACKAGE]) {
    try {
      // Without the comment webpack and ncc replace the call by an empty context of modules.
      const module = asLiveKitModule(await import(/* webpackIgnore: true */ specifier));
      if (module !== undefined) return module;
    } catch {
      // Another layout, or a copy that does not load here: the next way may work.
    }
  }
  return undefined;
}

/** Every copy of LiveKit that the process has loaded. */
export async function loadedLiveKitModules(): Promise<readonly LiveKitModule[]> {
  const commonJs = loadedCommonJsCopies();
  const esm = await loadedEsmCopy();
  return esm === undefined ? commonJs : [esm, ...commonJs];
}
