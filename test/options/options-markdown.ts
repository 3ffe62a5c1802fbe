import type { OptionRow } from '../../src/options/option-readers.js';
import { DELIVERY_TABLE, OPTION_TABLE } from '../../src/options/option-table.js';
import { PRIVACY_FLAG_TABLE } from '../../src/options/privacy-flags.js';
import { type PublicMember, readMembers } from '../support/public-api.js';

/** An option as its row and its doc comment have it. */
export interface DocumentedOption {
  readonly name: string;
  /** Absent where there are only variables. */
  readonly member: PublicMember | undefined;
  readonly env: readonly string[];
}

/** The order in which the page shows the options; the check fails when one is missing. */
const SHOWN = [
  'endpoint',
  'token',
  'headers',
  'serviceName',
  'serviceVersion',
  'environment',
  'resourceAttributes',
  'debug',
  'modules',
  'autoInstrument',
  'metadata',
  'spanAttributes',
  'sessionId',
  'userId',
  'tags',
  'protocol',
  'compression',
  'metrics',
  'exportScopes',
  'rawContent',
  'sampler',
  'spanLimits',
  'spanProcessors',
  'exporters',
  'disabled',
] as const satisfies readonly (keyof typeof OPTION_TABLE)[];

/** The options that the README shows. */
const SHOWN_FIRST = [
  'endpoint',
  'token',
  'headers',
  'serviceName',
  'environment',
  'debug',
  'modules',
  'sessionId',
  'userId',
  'metadata',
  'exportScopes',
  'exporters',
] as const satisfies readonly (typeof SHOWN)[number][];

/** The short table of the README: the first variable alone. */
export function renderShortOptionTable(): string {
  const options = documented('SetupOptions', OPTION_TABLE, SHOWN_FIRST);
  return [
    '| option | what it does | variable | default |',
    '|---|---|---|---|',
    ...options.map(({ name, member, env }) => {
      const variable = env[0] === undefined ? '–' : `\`${env[0]}\``;
      return `| \`${name}\` | ${meaningOf(member)} | ${variable} | ${defaultOf(member)} |`;
    }),
  ].join('\n');
}

/** The tables of `docs/api.md`, as the code has them. */
export function renderOptionTables(): string {
  const missing = Object.keys(OPTION_TABLE).filter(
    (name) => !SHOWN.some((shown) => shown === name),
  );
  if (missing.length > 0) throw new Error(`docs/api.md has no place for ${missing.join(', ')}`);
  const [top, delivery, privacy] = documentedOptions();
  return [
    ...renderTable(top),
    '',
    '### `delivery`',
    '',
    ...renderTable(delivery),
    '',
    '### `privacy`',
    '',
    ...renderTable(privacy),
  ].join('\n');
}

/** Every option: of `setup()` itself, of `delivery`, of `privacy`. */
export function documentedOptions(): readonly [
  readonly DocumentedOption[],
  readonly DocumentedOption[],
  readonly DocumentedOption[],
] {
  return [
    documented('SetupOptions', OPTION_TABLE, SHOWN),
    documented('DeliveryOptions', DELIVERY_TABLE, Object.keys(DELIVERY_TABLE)),
    documented('PrivacyFlags', PRIVACY_FLAG_TABLE, Object.keys(PRIVACY_FLAG_TABLE)),
  ];
}

function documented(
  type: string,
  table: Readonly<Record<string, Pick<OptionRow<never>, 'env'>>>,
  names: readonly string[],
): readonly DocumentedOption[] {
  const members = readMembers('index', type);
  return names.map((name) => ({
    name,
    member: members.find((member) => member.name === name),
    env: table[name]?.env ?? [],
  }));
}

function meaningOf(member: PublicMember | undefined): string {
  // The one row without an option.
  return member?.summary.replace(/\.$/, '') ?? 'Everything works and nothing is recorded';
}

function defaultOf(member: PublicMember | undefined): string {
  return member?.defaultText ?? 'false';
}

function renderTable(options: readonly DocumentedOption[]): string[] {
  return [
    '| option | what it does | variables, first to last | default |',
    '|---|---|---|---|',
    ...options.map(({ name, member, env }) =>
      [
        '',
        member === undefined ? '–' : `\`${name}\``,
        meaningOf(member),
        env.map((variable) => `\`${variable}\``).join(', ') || '–',
        defaultOf(member),
        '',
      ]
        .join(' | ')
        .trim(),
    ),
  ];
}
