import { join, sep } from 'node:path';
import { isRecord, type JsonRecord } from '../../mapping/read-attributes.js';
import { fileInWorkingDirectory, loadedModules } from '../../node-require.js';
import { mainFiles } from '../application-imports.js';
import { loadCopy, rootOf } from '../find-copies.js';

/** Modules of `@langchain/core` that are patched, at the same paths in 0.3 and 1. */
const MODULES = [
  'callbacks/manager',
  'language_models/chat_models',
  'language_models/llms',
  'singletons/async_local_storage/index',
  'tools/index',
] as const;

const CORE = '@langchain/core';
const FOLDER = `${sep}node_modules${sep}${CORE.replace('/', sep)}${sep}`;

/**
 * One copy of `@langchain/core`, its modules as one object: the first of those around that `isWanted`
 * knows for its own. A namespace does not say where it came from, and its exports do not lead to
 * `BaseChatModel`: so the copies around the application are compared with it.
 */
export async function coreCopy(
  isWanted: (core: JsonRecord) => boolean,
  file: string | undefined,
): Promise<JsonRecord | undefined> {
  const loaded = Object.keys(loadedModules()).filter((each) =>
    each.endsWith(join(FOLDER, 'dist', `${MODULES[0]}.cjs`)),
  );
  const copies = [
    ...loaded.map((each) => [rootAbove(each), 'cjs'] as const),
    ...[...rootsAround(file)].map((root) => [root, 'esm'] as const),
  ];
  for (const [root, format] of copies) {
    const core = await modulesIn(root, format);
    if (isWanted(core)) return core;
  }
  return undefined;
}

/** As the application sees it, and LangGraph, which is all that some import of it. */
function rootsAround(file: string | undefined): ReadonlySet<string> {
  const roots = file?.includes(FOLDER) === true ? [rootAbove(file)] : [];
  for (const from of [file, ...mainFiles(), fileInWorkingDirectory()]) {
    if (from === undefined) continue;
    const graph = rootOf('@langchain/langgraph', from);
    for (const at of [from, graph === undefined ? from : join(graph, 'package.json')]) {
      const root = rootOf(CORE, at);
      if (root !== undefined) roots.push(root);
    }
  }
  return new Set(roots);
}

function rootAbove(file: string): string {
  return file.slice(0, file.indexOf(FOLDER) + FOLDER.length - 1);
}

async function modulesIn(root: string, format: 'cjs' | 'esm'): Promise<JsonRecord> {
  const core: Record<string, unknown> = {};
  for (const name of MODULES) {
    const file = join(root, 'dist', `${name}.${format === 'cjs' ? 'cjs' : 'js'}`);
    const module = (await loadCopy(file, format))?.module;
    if (isRecord(module)) for (const key of Object.keys(module)) core[key] ??= module[key];
  }
  return core;
}
