import { join } from 'node:path';
import ts from 'typescript';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createConsumer, MANIFEST, type Consumer } from './consumer.js';

let consumer: Consumer;
beforeAll(async () => {
  consumer = await createConsumer();
});
afterAll(() => consumer.remove());

/** The strictest consumer: it reads our declarations, and those of what they name, line by line. */
const OPTIONS: ts.CompilerOptions = {
  target: ts.ScriptTarget.ES2022,
  module: ts.ModuleKind.NodeNext,
  moduleResolution: ts.ModuleResolutionKind.NodeNext,
  types: ['node'],
  strict: true,
  exactOptionalPropertyTypes: true,
  noUncheckedIndexedAccess: true,
  noUnusedLocals: false,
  skipLibCheck: false,
  noEmit: true,
};

function complaints(paths: readonly string[]): string[] {
  const program = ts.createProgram(paths, OPTIONS);
  return (
    ts
      .getPreEmitDiagnostics(program)
      .map(({ file, messageText }) => {
        const where = file?.fileName.split('/node_modules/').at(-1) ?? '';
        return `${where}: ${ts.flattenDiagnosticMessageText(messageText, ' ')}`;
      })
      // Node's own declarations do not pass exactOptionalPropertyTypes.
      .filter((complaint) => !complaint.startsWith('@types/node/'))
  );
}

const CODE = `
import { agentSpan, Attr, manualSpan, setup, SpanKindValues, type CatalystTracing, type SetupOptions } from 'catalyst-tracing';
import { createOpenInferenceSpanProcessor, instrumentLiveKitAgents } from 'catalyst-tracing/livekit-agents';
import { MessageRole, OpenInferenceAttribute } from 'catalyst-tracing/semconv';
import 'catalyst-tracing/register';

export const options: SetupOptions = { serviceName: 'a', headers: { tenant: 'b' }, privacy: { hideInputs: true }, delivery: { maxQueueBytes: 1 }, sessionId: (job) => job?.room?.name ?? job?.job?.room?.name };
export async function main(module: unknown): Promise<number> {
  const tracing: CatalystTracing = await setup(options);
  instrumentLiveKitAgents(module, tracing);
  createOpenInferenceSpanProcessor({ rawContent: true });
  const text: string = await agentSpan({ agentName: 'a' }, async (span) => {
    span.setInput('in').setAttribute(Attr.USER_ID, 'u').recordTokens({ prompt: 1 });
    return 'out';
  });
  const length: number = await manualSpan({ spanName: 's', spanKind: SpanKindValues.TOOL }, () => text.length);
  const key: 'llm.input_messages.0' | string = OpenInferenceAttribute.inputMessagePrefix(0);
  const role: 'user' = MessageRole.USER;
  const { exported } = await tracing.shutdown({ timeoutMillis: 100 });
  return length + exported + key.length + role.length;
}

// @ts-expect-error a typo
void setup({ servicName: 'a' });
// @ts-expect-error an option that is given and undefined
void setup({ debug: undefined });
// @ts-expect-error no such kind
void manualSpan({ spanName: 's', spanKind: 'TOOLS' }, () => 1);
// @ts-expect-error a name is required
void manualSpan({}, () => 1);
// @ts-expect-error the resource is the provider's
createOpenInferenceSpanProcessor({ serviceName: 'a' });
`;

it('a consumer’s TypeScript accepts ESM and CommonJS, and refuses mistakes', () => {
  const paths = ['consumer.mts', 'consumer.cts'].map((name) => consumer.write(name, CODE));
  expect(complaints(paths)).toEqual([]);
});

describe('the public API', () => {
  const entries = Object.keys(MANIFEST.exports)
    .filter((path) => path.startsWith('.') && !/package\.json|register/.test(path))
    .map((path) => (path === '.' ? 'index' : path.slice(2)));
  it.each(entries)('of %s is as it was', async (entry) => {
    const path = join(consumer.packageDirectory, 'dist', `${entry}.d.ts`);
    await expect(describeExports(path)).toMatchFileSnapshot(`api/${entry}.d.ts.snap`);
  });
});

const FLAGS =
  ts.TypeFormatFlags.NoTruncation | ts.TypeFormatFlags.UseAliasDefinedOutsideCurrentScope;

/** What an entry exports, by name, as declarations without comments. */
function describeExports(path: string): string {
  const program = ts.createProgram([path], OPTIONS);
  const checker = program.getTypeChecker();
  const source = program.getSourceFile(path);
  const module = source && checker.getSymbolAtLocation(source);
  if (module === undefined) throw new Error(`${path} is no module`);
  const printer = ts.createPrinter({ removeComments: true });
  return checker
    .getExportsOfModule(module)
    .toSorted((one, other) => (one.name < other.name ? -1 : 1))
    .map((exported) => {
      const symbol =
        exported.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(exported) : exported;
      const declarations = (symbol.declarations ?? []).map((declaration) => {
        const [signature] = checker.getTypeOfSymbol(symbol).getCallSignatures();
        if (ts.isVariableDeclaration(declaration) && signature !== undefined)
          return `declare function ${symbol.name}${checker.signatureToString(signature, declaration, FLAGS)};`;
        return printer.printNode(ts.EmitHint.Unspecified, declaration, declaration.getSourceFile());
      });
      return `// ${exported.name}\n${declarations.join('\n')}\n`;
    })
    .join('\n');
}
