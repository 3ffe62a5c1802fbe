import { createRequire } from 'node:module';
import { dirname, join, sep } from 'node:path';
import { pathToFileURL } from 'node:url';
import { asLiveKitModule, type LiveKitModule } from './livekit-module.js';

const PACKAGE = '@livekit/agents';
/** CommonJS that every copy of LiveKit loads, ESM copies too: seeing it means LiveKit is in use. */
const LOADED_MARK = `${sep}@livekit${sep}rtc-`;
const CJS_ENTRY_MARK = `${sep}@livekit${sep}agents${sep}dist${sep}index.cjs`;

/** What is known of LiveKit in this process without loading anything. */
export type LiveKitPresence = 'loaded' | 'installed' | 'absent';

/**
 * Whether the process has loaded LiveKit, only has it installed, or does not have it. Loading it to
 * find out would cost half a second in an application that never uses it.
 */
export function livekitPresence(): LiveKitPresence {
  const require = createRequire(join(process.cwd(), 'noop.js'));
  for (const file in require.cache) if (file.includes(LOADED_MARK)) return 'loaded';
  return livekitEntry() === undefined ? 'absent' : 'installed';
}

/**
 * The copies of LiveKit that the process has loaded: the CommonJS one is in Node's module cache,
 * the ESM one is found by importing it again, which costs nothing then. An ESM and a CommonJS copy
 * have a tracer each.
 */
export async function loadedLiveKitModules(): Promise<readonly LiveKitModule[]> {
  const cjs = loadedCommonJsCopies();
  const esm = cjs.length > 0 && isCommonJsApplication() ? undefined : await importEsmCopy();
  return esm === undefined ? cjs : [esm, ...cjs];
}

function loadedCommonJsCopies(): readonly LiveKitModule[] {
  const require = createRequire(join(process.cwd(), 'noop.js'));
  const copies: LiveKitModule[] = [];
  for (const file in require.cache) {
    if (!file.endsWith(CJS_ENTRY_MARK)) continue;
    const module = asLiveKitModule(require.cache[file]?.exports);
    if (module !== undefined) copies.push(module);
  }
  return copies;
}

/** With a CommonJS main module, an ESM copy would be loaded by asking for it. */
function isCommonJsApplication(): boolean {
  return createRequire(join(process.cwd(), 'noop.js')).main !== undefined;
}

async function importEsmCopy(): Promise<LiveKitModule | undefined> {
  const entry = livekitEntry();
  if (entry === undefined) return undefined;
  const esmEntry = join(dirname(entry), 'index.js');
  for (const specifier of [pathToFileURL(esmEntry).href, PACKAGE]) {
    try {
      const module = asLiveKitModule(await import(specifier));
      if (module !== undefined) return module;
    } catch {
      // Another layout, or a copy that does not load here: the next way may work.
    }
  }
  return undefined;
}

/** Entry file of LiveKit as the application's main module sees it, or as the working directory does. */
export function livekitEntry(): string | undefined {
  for (const from of [process.argv[1], join(process.cwd(), 'noop.js')]) {
    if (from === undefined) continue;
    try {
      return createRequire(pathToFileURL(from)).resolve(PACKAGE);
    } catch {
      // Not there, seen from here.
    }
  }
  return undefined;
}
