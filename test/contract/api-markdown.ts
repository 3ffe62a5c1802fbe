import manifest from '../../package.json' with { type: 'json' };
import { Attr, SpanKindValues } from '../../src/index.js';
import { MessageRole, OpenInferenceAttribute } from '../../src/semconv.js';
import { readCodes, readMembers, readPublicNames } from '../support/public-api.js';

type Row = readonly string[];

function table(head: Row, rows: readonly Row[]): string {
  const line = (cells: Row): string => `| ${cells.map(inCell).join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

function inCell(text: string): string {
  if (text === '')
    throw new Error('a row of docs/api.md has nothing to say: a doc comment is missing');
  return text.replaceAll('|', '\\|');
}

const code = (text: string): string => `\`${text}\``;

function members(entry: string, name: string, of = name): string {
  return table(
    [code(of), 'what it is'],
    readMembers(entry, name).map(({ usage, summary }) => [code(usage), summary]),
  );
}

function options(...names: readonly string[]): string {
  return table(
    ['option', 'what it is'],
    names
      .flatMap((name) => readMembers('index', name))
      .map(({ name, summary, isRequired, defaultText }) => [
        code(name),
        [
          summary,
          ...(isRequired ? ['Required.'] : []),
          ...(/^(?:unset)?$/.test(defaultText) ? [] : [`Default: ${defaultText}.`]),
        ].join(' '),
      ]),
  );
}

function values(constant: Readonly<Record<string, unknown>>, name: string): string {
  return table(
    ['constant', 'value'],
    Object.entries(constant).map(([key, value]) =>
      isPrefix(value)
        ? [
            code(`${name}.${key}(${value.length === 1 ? 'i' : 'message, i'})`),
            code(prefixOf(value)),
          ]
        : [code(`${name}.${key}`), code(String(value))],
    ),
  );
}

type Prefix = (...args: readonly unknown[]) => string;

function isPrefix(value: unknown): value is Prefix {
  return typeof value === 'function';
}

function prefixOf(value: Prefix): string {
  return value.length === 1 ? value('<i>') : value('<message>', '<i>');
}

/** The first sentence: the rest is in the doc comment. */
function inShort(summary: string): string {
  return /^.*?\.(?= [A-Z`]|$)/.exec(summary)?.[0] ?? summary;
}

function exportedNames(entry: string): string {
  const all = readPublicNames(entry);
  const row = (kind: string, of: string): Row[] => {
    const found = all.filter((each) => each.kind === kind).map((each) => code(each.name));
    return found.length === 0 ? [] : [[of, [...new Set(found)].toSorted().join(', ')]];
  };
  return table(
    ['kind', 'names'],
    [
      ...row('function', 'functions'),
      ...row('constant', 'constants'),
      ...row('class', 'classes'),
      ...row('type', 'types'),
    ],
  );
}

/** Entries of the package that export something. */
const ENTRIES = Object.keys(manifest.exports)
  .filter((path) => !/package\.json|register/.test(path))
  .map((path) => (path === '.' ? 'index' : path.slice(2)));

/** The parts of `docs/api.md` that follow the options, as the code has them. */
export const API_PARTS: Readonly<Record<string, () => string>> = {
  functions: () =>
    table(
      ['function', 'what it does'],
      readPublicNames('index')
        .filter(({ kind }) => kind === 'function')
        .map(({ name, summary }) => [code(`${name}()`), inShort(summary)]),
    ),
  handle: () => members('index', 'CatalystTracing'),
  'agent-span-options': () => options('SpanIdentityOptions', 'AgentSpanOptions'),
  'manual-span-options': () => options('SpanIdentityOptions', 'ManualSpanOptions'),
  'span-handle': () => members('index', 'SpanHandle', 'span'),
  'open-span-handle': () => members('index', 'OpenSpanHandle', 'span'),
  usage: () => members('index', 'NormalizedUsage', 'usage'),
  'delivery-result': () => members('index', 'DeliveryResult', 'result'),
  'flush-options': () => options('FlushOptions'),
  stats: () =>
    table(
      ['`stats()`', 'what it is'],
      ['DeliveryStats', 'TracingStats']
        .flatMap((name) => readMembers('index', name))
        .map(({ usage, summary }) => [code(usage), summary]),
    ),
  'privacy-stats': () => members('index', 'PrivacyStats', 'privacy'),
  'redaction-options': () => options('RedactionOptions'),
  'hash-options': () => options('HashOptions'),
  attr: () => values({ ...Attr }, 'Attr'),
  'span-kinds': () => values({ ...SpanKindValues }, 'SpanKindValues'),
  'message-roles': () => values({ ...MessageRole }, 'MessageRole'),
  'message-attributes': () => values({ ...OpenInferenceAttribute }, 'OpenInferenceAttribute'),
  errors: () =>
    table(
      ['class', 'what it means'],
      readPublicNames('index')
        .filter(({ kind }) => kind === 'class')
        .map(({ name, summary }) => [code(name), summary]),
    ),
  'error-codes': () =>
    table(
      ['`code`', 'what it means'],
      readCodes('index', 'CatalystTracingErrorCode').map(([each, said]) => [code(each), said]),
    ),
  ...Object.fromEntries(ENTRIES.map((entry) => [`names-${entry}`, () => exportedNames(entry)])),
};
