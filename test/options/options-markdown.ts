import { DELIVERY_TABLE } from '../../src/options/delivery-table.js';
import type { OptionRow } from '../../src/options/option-row.js';
import { OPTION_TABLE } from '../../src/options/option-table.js';
import { PRIVACY_FLAG_TABLE } from '../../src/options/privacy-flag-table.js';

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
  return [
    '| option | what it does | variable | default |',
    '|---|---|---|---|',
    ...SHOWN_FIRST.map((name) => {
      const { env, standardEnv, meaning, defaultText }: ShownRow = OPTION_TABLE[name];
      const variable = env[0] ?? standardEnv[0];
      return `| \`${name}\` | ${meaning} | ${variable === undefined ? '–' : `\`${variable}\``} | ${defaultText} |`;
    }),
  ].join('\n');
}

/** The tables of `docs/api.md`, as the code has them. */
export function renderOptionTables(): string {
  const missing = Object.keys(OPTION_TABLE).filter(
    (name) => !SHOWN.some((shown) => shown === name),
  );
  if (missing.length > 0) throw new Error(`docs/api.md has no place for ${missing.join(', ')}`);
  return [
    ...renderTable(SHOWN.map((name) => [name, OPTION_TABLE[name]])),
    '',
    '### `delivery`',
    '',
    ...renderTable(Object.entries(DELIVERY_TABLE)),
    '',
    '### `privacy`',
    '',
    ...renderTable(Object.entries(PRIVACY_FLAG_TABLE)),
  ].join('\n');
}

type ShownRow = Pick<OptionRow<unknown>, 'env' | 'standardEnv' | 'meaning' | 'defaultText'> & {
  readonly readOption?: unknown;
};

function renderTable(rows: readonly (readonly [string, ShownRow])[]): string[] {
  return [
    '| option | what it does | variables, first to last | default |',
    '|---|---|---|---|',
    ...rows.map(([name, row]) =>
      [
        '',
        row.readOption === undefined ? '–' : `\`${name}\``,
        row.meaning,
        [...row.env, ...row.standardEnv].map((variable) => `\`${variable}\``).join(', ') || '–',
        row.defaultText,
        '',
      ]
        .join(' | ')
        .trim(),
    ),
  ];
}
