/** The versions of LiveKit that every release is run with: one of each generation of its telemetry. */
export const LIVEKIT_VERSIONS = [
  '1.0.51',
  '1.3.0',
  '1.5.5',
  '1.6.4',
  '1.7.1',
  '1.8.1',
  '1.9.0',
] as const;

/** A real installation: which packages, through which package manager. */
export interface InstallationSpec {
  readonly livekit: string;
  readonly packageManager: 'npm' | 'pnpm';
  /**
   * `one`: what the package manager gives. `two`: the application holds on to `@opentelemetry/api`
   * 1.9 and LiveKit has a 1.10 of its own, as after an upgrade of LiveKit alone.
   */
  readonly apiCopies: 'one' | 'two';
}

export interface CompatibilityCase extends InstallationSpec {
  /** How the application is written and started. */
  readonly application: 'ESM' | 'CJS' | 'ESM with --import' | 'CJS with --import';
  /** Major version of Node; `current` is the one that runs the tests. */
  readonly node: 'current' | '22' | '24' | '26';
}

const PLAIN = {
  packageManager: 'npm',
  apiCopies: 'one',
  application: 'ESM',
  node: 'current',
} as const;
const NEWEST = '1.9.0';

export const COMPATIBILITY_CASES: readonly CompatibilityCase[] = [
  ...LIVEKIT_VERSIONS.map((livekit) => ({ ...PLAIN, livekit })),
  { ...PLAIN, livekit: NEWEST, application: 'CJS' },
  { ...PLAIN, livekit: '1.0.51', application: 'ESM with --import' },
  { ...PLAIN, livekit: NEWEST, application: 'ESM with --import' },
  { ...PLAIN, livekit: NEWEST, application: 'CJS with --import' },
  { ...PLAIN, livekit: NEWEST, node: '22' },
  { ...PLAIN, livekit: NEWEST, node: '24' },
  { ...PLAIN, livekit: NEWEST, node: '26' },
  { ...PLAIN, livekit: NEWEST, node: '26', application: 'CJS' },
  { ...PLAIN, livekit: NEWEST, node: '26', application: 'ESM with --import' },
  { ...PLAIN, livekit: NEWEST, apiCopies: 'two' },
  { ...PLAIN, livekit: NEWEST, packageManager: 'pnpm' },
  { ...PLAIN, livekit: NEWEST, packageManager: 'pnpm', apiCopies: 'two' },
  { ...PLAIN, livekit: NEWEST, packageManager: 'pnpm', apiCopies: 'two', application: 'CJS' },
  {
    ...PLAIN,
    livekit: NEWEST,
    packageManager: 'pnpm',
    apiCopies: 'two',
    application: 'ESM with --import',
  },
];

/** One trace for each session from 1.8 on; before, every activity of an agent is a root. */
export function hasOneTrace({ livekit }: Pick<InstallationSpec, 'livekit'>): boolean {
  return Number(livekit.split('.')[1]) >= 8;
}
