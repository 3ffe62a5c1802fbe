import { execFile } from 'node:child_process';
import { readFileSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import ts from 'typescript';
import { expect, it } from 'vitest';
import { startReceiver } from './support/otlp-receiver.js';

const ROOT = join(import.meta.dirname, '..');
const PAGES = [
  'README.md',
  'llms.txt',
  'SECURITY.md',
  ...readdirSync(join(ROOT, 'docs'))
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`),
  ...readdirSync(join(ROOT, 'examples'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => `examples/${name}`),
];

interface Block {
  readonly page: string;
  readonly language: string;
  readonly text: string;
}

const BLOCKS: readonly Block[] = PAGES.flatMap((page) =>
  [...readFileSync(join(ROOT, page), 'utf8').matchAll(/^```(\w+)\n([\s\S]*?)^```$/gm)].map(
    ([, language = '', text = '']) => ({ page, language, text }),
  ),
);
/** Blocks that stand on their own: the others continue one. */
const FILES = BLOCKS.filter(
  ({ language, text }) => /^(?:ts|js)$/.test(language) && /^import /m.test(text),
);
const SHELL_LINES = BLOCKS.filter(({ language }) => language === 'sh').flatMap(({ page, text }) =>
  text.split('\n').map((line) => ({ page, line: line.replace(/\s+#.*$/, '').trim() })),
);

/** Runs a block as a user does who pastes it into a file, with this endpoint. */
function runBlock(text: string, endpoint: string): Promise<string> {
  return new Promise((resolve, reject) => {
    execFile(
      process.execPath,
      ['--import', 'tsx', '--input-type=module', '--eval', text],
      { cwd: ROOT, timeout: 40_000, env: { ...process.env, CATALYST_OTLP_ENDPOINT: endpoint } },
      (error, stdout, stderr) => (error === null ? resolve(stdout + stderr) : reject(error)),
    );
  });
}

it('the first file of the README runs as pasted, and its session arrives', async () => {
  const hello = FILES.find(({ page }) => page === 'README.md');
  const receiver = await startReceiver();
  const text = hello?.text.replace('http://127.0.0.1:4318', receiver.endpoint) ?? '';
  expect(text).toContain(receiver.endpoint);
  const output = await runBlock(text, '');
  await receiver.close();

  expect(output).toMatch(/^\{ exported: \d+, dropped: 0, pending: 0 \}\n$/);
  const request = receiver.spans().find(({ name }) => name === 'llm_request');
  expect(request?.attributes['llm.token_count.total']).toBe(17);
  expect(new Set(receiver.spans().map(({ traceId }) => traceId)).size).toBe(1);
});

it('the script of llms.txt runs as pasted, and its trace arrives', async () => {
  const script = FILES.find(({ page, text }) => page === 'llms.txt' && text.includes('agentSpan'));
  const receiver = await startReceiver();
  const output = await runBlock(script?.text ?? '', receiver.endpoint);
  await receiver.close();

  expect(output).toBe('');
  expect(receiver.spans().map(({ name }) => name)).toEqual(
    expect.arrayContaining(['reporter.run', 'count']),
  );
});

it('every TypeScript file on a page has the right types', () => {
  const { config } = ts.readConfigFile(join(ROOT, 'examples/tsconfig.json'), (path) =>
    readFileSync(path, 'utf8'),
  ) as { config: object };
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, join(ROOT, 'examples'));
  // The model of the README's first file has no types: it is JavaScript, and the test above runs it.
  const typed = FILES.filter(({ text }) => !text.includes('extends llm.LLM'));
  expect(typed.length).toBeGreaterThan(6);
  const files = new Map(
    typed.map(({ page, text }, index) => [
      join(ROOT, 'examples', `block-${index}-${page.replaceAll(/\W/g, '-')}.ts`),
      text,
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
