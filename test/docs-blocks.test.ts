import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import ts from 'typescript';
import { expect, it } from 'vitest';
import { BLOCKS, FILES, PAGES, SHELL_LINES } from './support/doc-pages.js';

const ROOT = join(import.meta.dirname, '..');
/** Names that a part of a file uses and that the text around it introduces. */
const PRELUDE = `import { context, propagation } from '@opentelemetry/api';
import type { JobContext, voice } from '@livekit/agents';
import { type CatalystTracing, withTraceContext } from 'catalyst-tracing';
declare const tracing: CatalystTracing;
declare const session: voice.AgentSession;
declare const agent: voice.Agent;
declare const ctx: JobContext;
declare const room: string;
declare const dispatches: {
  createDispatch(room: string, agent: string, options: { metadata: string }): Promise<void>;
};
`;

it('every TypeScript block on a page has the right types', () => {
  const { config } = ts.readConfigFile(join(ROOT, 'examples/tsconfig.json'), (path) =>
    readFileSync(path, 'utf8'),
  ) as { config: object };
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, join(ROOT, 'examples'));
  // The model of the README's first file has no types: it is JavaScript, and test/package runs it.
  const typed = BLOCKS.filter(
    ({ language, text }) => /^(?:ts|js)$/.test(language) && !text.includes('extends llm.LLM'),
  );
  expect(typed.length).toBeGreaterThan(FILES.length);
  const files = new Map(
    typed.map((block, index) => [
      join(ROOT, 'examples', `block-${index}-${block.page.replaceAll(/\W/g, '-')}.ts`),
      FILES.includes(block) ? block.text : PRELUDE + block.text,
    ]),
  );
  const disk = ts.createCompilerHost(options);
  const host: ts.CompilerHost = {
    ...disk,
    fileExists: (path) => files.has(path) || disk.fileExists(path),
    readFile: (path) => files.get(path) ?? disk.readFile(path),
    getSourceFile: (path, language, ...others) => {
      const text = files.get(path);
      return text === undefined
        ? disk.getSourceFile(path, language, ...others)
        : ts.createSourceFile(path, text, language);
    },
  };
  const program = ts.createProgram([...files.keys()], { ...options, noUnusedLocals: false }, host);
  const problems = [...files.keys()].flatMap((path) =>
    [
      ...program.getSyntacticDiagnostics(program.getSourceFile(path)),
      ...program.getSemanticDiagnostics(program.getSourceFile(path)),
    ]
      // An SDK that is not installed here.
      .filter(
        ({ code, messageText }) => code !== 2307 || /'catalyst-tracing/.test(String(messageText)),
      )
      .map(({ messageText }) => `${path}: ${ts.flattenDiagnosticMessageText(messageText, ' ')}`),
  );
  expect(problems).toEqual([]);
});

it('every command on a page exists, with its options', () => {
  const help = readFileSync(join(ROOT, 'src/cli/main.ts'), 'utf8');
  const { scripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
    scripts: Record<string, string>;
  };
  const ours = SHELL_LINES.filter(({ line }) => line.startsWith('npx catalyst-tracing '));
  expect(ours.length).toBeGreaterThan(3);
  for (const { page, line } of ours) {
    const [, , command = '', ...args] = line.split(' ');
    expect(help, `${page}: ${line}`).toContain(`\n  ${command} `);
    for (const arg of args.filter((each) => each.startsWith('--'))) {
      expect(help, `${page}: ${line}`).toContain(`\n  ${arg} `);
    }
  }
  for (const { page, line } of SHELL_LINES) {
    for (const [, script = ''] of line.matchAll(/npm run ([\w:]+)/g)) {
      expect(Object.keys(scripts), `${page}: ${line}`).toContain(script);
    }
  }
});

it('every link on a page leads to a file', () => {
  for (const page of PAGES) {
    const text = readFileSync(join(ROOT, page), 'utf8');
    for (const [, target = ''] of text.matchAll(/\]\((?!https?:|#)([^)#]+)[^)]*\)/g)) {
      expect(ts.sys.fileExists(join(ROOT, dirname(page), target)), `${page}: ${target}`).toBe(true);
    }
  }
});
