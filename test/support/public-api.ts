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

/** What `src/<entry>.ts` exports, by following its re-exports. */
export function readPublicNames(entry: string): readonly PublicName[] {
  return parse(new URL(`${entry}.ts`, SOURCE)).statements.flatMap((statement) => {
    if (!ts.isExportDeclaration(statement) || statement.exportClause === undefined) return [];
    const { exportClause, moduleSpecifier } = statement;
    if (!ts.isNamedExports(exportClause) || !moduleSpecifier) return [];
    if (!ts.isStringLiteral(moduleSpecifier)) return [];
    const from = new URL(
      moduleSpecifier.text.replace(/\.js$/, '.ts'),
      new URL(`${entry}.ts`, SOURCE),
    );
    return exportClause.elements.map((element) => describe(from, element.name.text));
  });
}

/** The members of an interface that is public, those of what it extends first. */
export function readMembers(entry: string, name: string): readonly PublicMember[] {
  const found = readPublicNames(entry).find((each) => each.name === name);
  if (found === undefined || !ts.isInterfaceDeclaration(found.node)) {
    throw new Error(`${entry} exports no interface ${name}`);
  }
  const seen = new Set<string>();
  return found.node.members.flatMap((member) => {
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
      return { name, kind: 'constant', summary: summaryOf(statement), node: declaration };
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
