import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';
import { applicationImports } from '../../src/integrations/application-imports.js';

const argv = process.argv;
afterEach(() => {
  process.argv = argv;
});

/** What is found in an application of these files, the first of which is run. */
function importsOf(files: Readonly<Record<string, string>>, main?: string): readonly string[] {
  const directory = mkdtempSync(join(tmpdir(), 'application-'));
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(directory, name)), { recursive: true });
    writeFileSync(join(directory, name), content);
  }
  const run = main ?? Object.keys(files)[0] ?? '';
  process.argv = [process.execPath, join(directory, run)];
  return applicationImports(['openai', '@anthropic-ai/sdk']).map(
    ({ packageName, format }) => `${packageName} ${format}`,
  );
}

describe('what an application imports', () => {
  it.each([
    ['by default', "import OpenAI from 'openai';"],
    ['by name, over lines', "import {\n  OpenAI,\n  toFile,\n} from 'openai';"],
    ['for what it does', "import 'openai';"],
    ['later', "const { OpenAI } = await import('openai');"],
    ['to pass on', "export { OpenAI } from 'openai';"],
    ['in part', "import { zodResponseFormat } from 'openai/helpers/zod';"],
    ['minified', 'import{OpenAI as o}from"openai";o()'],
  ])('is found: %s', (_how, code) => {
    expect(importsOf({ 'main.mjs': code })).toEqual(['openai esm']);
  });

  it.each([
    ['for its types alone', "import type OpenAI from 'openai';"],
    ['in a comment', " * import OpenAI from 'openai';\n// import OpenAI from 'openai';"],
    ['under another name', "import OpenAI from 'openai-agents';"],
  ])('is not what it names %s', (_how, code) => {
    expect(importsOf({ 'main.mjs': code })).toEqual([]);
  });

  it('is followed through its own files, as they are compiled', () => {
    const files = {
      'src/main.ts': "import { ask } from './models.js';\nimport './tools/index';",
      'src/models.ts': "import OpenAI from 'openai';\nimport './main.js';",
      'src/tools/index.ts': "import Anthropic from '@anthropic-ai/sdk';",
    };
    const esm = { ...files, 'package.json': '{"type":"module"}' };
    expect(importsOf(esm)).toEqual(['openai esm', '@anthropic-ai/sdk esm']);
    expect(importsOf({ ...files, 'package.json': '{}' })).toEqual([
      'openai cjs',
      '@anthropic-ai/sdk cjs',
    ]);
  });

  it('is a CommonJS copy where it is required', () => {
    expect(importsOf({ 'main.mjs': "createRequire(import.meta.url); require('openai');" })).toEqual(
      ['openai cjs'],
    );
    expect(importsOf({ 'main.cjs': "const OpenAI = require('openai');" })).toEqual(['openai cjs']);
  });

  it('is nothing of what its dependencies import', () => {
    const files = { 'node_modules/tool/cli.mjs': "import OpenAI from 'openai';" };
    expect(importsOf(files)).toEqual([]);
  });

  it('is read from the agent’s file in a job', () => {
    const directory = mkdtempSync(join(tmpdir(), 'job-'));
    const agent = join(directory, 'agent.mjs');
    writeFileSync(agent, "import OpenAI from 'openai';");
    process.argv = [process.execPath, '/app/node_modules/x/job.js', pathToFileURL(agent).href];
    expect(applicationImports(['openai'])).toEqual([
      { packageName: 'openai', file: agent, format: 'esm' },
    ]);
  });
});
