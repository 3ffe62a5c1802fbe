import { readFileSync } from 'node:fs';
import ts from 'typescript';

/** One name that an entry of the package exports. */
export interface PublicName {
  readonly name: string;
  readonly kind: 'function' | 'class' | 'constant' | 'type';
  /** First paragraph of its doc comment. */
  readonly summary: string;
  readonly node: ts.Declaration;
}

/** One property or method of an interface. */
export interface PublicMember {
  /** As it is written by whoever uses it: methods with the names of what they take. */
  readonly usage: string;
  readonly name: string;
  readonly isRequired: boolean;
  readonly summary: string;
  /** The whole doc comment, tags left out. */
  readonly doc: string;
  /** What the tag `@default` says; empty without one. */
  readonly defaultText: string;
  /** What the tag `@example` says; empty without one. */
  readonly exampleText: string;
}

const SOURCE = new URL('../../src/', import.meta.url);

/** What `src/<entry>.ts` exports: its own declarations, and what it re-exports. */
export function readPublicNames(entry: string): readonly PublicName[] {
  const file = new URL(`${entry}.ts`, SOURCE);
  return parse(file).statements.flatMap((statement) => {
    if (!ts.isExportDeclaration(statement)) {
      return isExported(statement) ? describe(file, nameOf(statement)) : [];
    }
    const { exportClause, moduleSpecifier } = statement;
    if (exportClause === undefined || !ts.isNamedExports(exportClause)) return [];
    const from = moduleSpecifier === undefined ? undefined : sourceOf(moduleSpecifier, file);
    return exportClause.elements.map(({ name: { text } }) =>
      describe(from ?? importedFrom(text, file), text),
    );
  });
}

function isExported(
  statement: ts.Statement,
): statement is ts.FunctionDeclaration | ts.InterfaceDeclaration | ts.VariableStatement {
  if (
    !ts.isFunctionDeclaration(statement) &&
    !ts.isInterfaceDeclaration(statement) &&
    !ts.isVariableStatement(statement)
  ) {
    return false;
  }
  return statement.modifiers?.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword) === true;
}

function nameOf(
  statement: ts.FunctionDeclaration | ts.InterfaceDeclaration | ts.VariableStatement,
): string {
  const declared = ts.isVariableStatement(statement)
    ? statement.declarationList.declarations[0]
    : statement;
  return declared?.name?.getText() ?? '';
}

function sourceOf(specifier: ts.Expression, file: URL): URL {
  return new URL(specifier.getText().slice(1, -1).replace(/\.js$/, '.ts'), file);
}

/** Where a name comes from that an entry imports and exports again. */
function importedFrom(name: string, file: URL): URL {
  const found = parse(file)
    .statements.filter((statement) => ts.isImportDeclaration(statement))
    .find(({ importClause }) => new RegExp(`\\b${name}\\b`).test(importClause?.getText() ?? ''));
  if (found === undefined) throw new Error(`${file.pathname} does not import ${name}`);
  return sourceOf(found.moduleSpecifier, file);
}

/** The members of an interface that is public, those that it picks of another first. */
export function readMembers(entry: string, name: string): readonly PublicMember[] {
  const found = readPublicNames(entry).find((each) => each.name === name);
  if (found === undefined || !ts.isInterfaceDeclaration(found.node)) {
    throw new Error(`${entry} exports no interface ${name}`);
  }
  const seen = new Set<string>();
  const picked = (found.node.heritageClauses ?? []).flatMap(({ types }) =>
    types.flatMap((type) => readPicked(entry, type)),
  );
  const own = found.node.members.flatMap((member) => {
    if (!ts.isPropertySignature(member) && !ts.isMethodSignature(member)) return [];
    const key = member.name.getText();
    // An overload says nothing that its first form doesn't.
    if (seen.has(key)) return [];
    seen.add(key);
    const parameters = ts.isMethodSignature(member)
      ? `(${member.parameters.map((each) => `${each.name.getText()}${each.questionToken ? '?' : ''}`).join(', ')})`
      : '';
    return [
      {
        usage: `${key}${parameters}`,
        name: key,
        isRequired: member.questionToken === undefined,
        summary: summaryOf(member),
        doc: docOf(member),
        defaultText: tagOf(member, 'default'),
        exampleText: tagOf(member, 'example'),
      },
    ];
  });
  return [...picked, ...own];
}

/** The members that `Pick<Type, 'a' | 'b'>` takes over. */
function readPicked(entry: string, type: ts.ExpressionWithTypeArguments): readonly PublicMember[] {
  const [from, keys] = type.typeArguments ?? [];
  if (type.expression.getText() !== 'Pick' || from === undefined) return [];
  const names = new Set(keys?.getText().match(/\w+/g));
  return readMembers(entry, from.getText()).filter(({ name }) => names.has(name));
}

/** The codes of a union of string literals, each with what the list in its doc comment says. */
export function readCodes(entry: string, name: string): readonly (readonly [string, string])[] {
  const found = readPublicNames(entry).find((each) => each.name === name);
  if (found === undefined || !ts.isTypeAliasDeclaration(found.node)) {
    throw new Error(`${entry} exports no type ${name}`);
  }
  const text = docOf(found.node);
  return [...found.node.type.getText().matchAll(/'(\w+)'/g)].map(([, code = '']) => {
    const said = new RegExp(`- \`${code}\`: ([^]*?)(?=\\n- |$)`).exec(text)?.[1];
    if (said === undefined) throw new Error(`${name} does not say what ${code} means`);
    return [code, said.replaceAll(/\s+/g, ' ').trim()];
  });
}

function describe(file: URL, name: string): PublicName {
  for (const statement of parse(file).statements) {
    if (ts.isVariableStatement(statement)) {
      const [declaration] = statement.declarationList.declarations;
      if (declaration?.name.getText() !== name) continue;
      // The functions of a sub-path are made from one pair, and typed by it.
      const isMade = /\.(?:Instrument|Install)$/.test(declaration.type?.getText() ?? '');
      const kind = isMade ? 'function' : 'constant';
      return { name, kind, summary: summaryOf(statement), node: declaration };
    }
    const kind = kindOf(statement);
    if (kind === undefined || !isNamed(statement, name)) continue;
    return { name, kind, summary: summaryOf(statement), node: statement };
  }
  throw new Error(`${file.pathname} declares no ${name}`);
}

function kindOf(statement: ts.Statement): PublicName['kind'] | undefined {
  if (ts.isFunctionDeclaration(statement)) return 'function';
  if (ts.isClassDeclaration(statement)) return 'class';
  if (ts.isInterfaceDeclaration(statement) || ts.isTypeAliasDeclaration(statement)) return 'type';
  return undefined;
}

function isNamed(statement: ts.Statement, name: string): statement is ts.DeclarationStatement {
  return 'name' in statement && (statement as ts.DeclarationStatement).name?.getText() === name;
}

function summaryOf(node: ts.Node): string {
  const [paragraph = ''] = docOf(node).split('\n\n');
  return paragraph.replaceAll(/\s+/g, ' ').trim();
}

function tagOf(node: ts.Node, name: string): string {
  const tag = ts.getJSDocTags(node).find(({ tagName }) => tagName.text === name);
  return (ts.getTextOfJSDocComment(tag?.comment) ?? '').replaceAll(/\s+/g, ' ').trim();
}

function docOf(node: ts.Node): string {
  const [doc] = ts.getJSDocCommentsAndTags(node);
  return (
    (doc && ts.getTextOfJSDocComment(doc.comment)?.replaceAll(/\{@link (\w+)\}/g, '`$1`')) ?? ''
  );
}

const parsed = new Map<string, ts.SourceFile>();

function parse(file: URL): ts.SourceFile {
  const known = parsed.get(file.href);
  if (known !== undefined) return known;
  const text = readFileSync(file, 'utf8');
  const source = ts.createSourceFile(file.pathname, text, ts.ScriptTarget.ES2022, true);
  parsed.set(file.href, source);
  return source;
}
