import { describe, expect, it } from 'vitest';
import type { DecodedSpan } from '../support/otlp-decode.js';
import { startReceiver } from '../support/otlp-receiver.js';
import type { InstallationSpec } from './compatibility-cases.js';
import { install } from './installations.js';
import { startApplication, type ApplicationEnd } from './run-application.js';

describe('what the application registered with OpenTelemetry before', () => {
  it('is named when a newer copy of the API cannot read it', async () => {
    const { end } = await run('two', 'logger', 'before');
    const problem =
      'several versions of @opentelemetry/api are in use (1.9.1, 1.10.0); 1.9.1 is registered, which a newer one cannot read: install one version';
    expect(end.stderr.trim().split('\n')).toEqual([`[catalyst-tracing] ${problem}`]);
    expect(end.outcome.installResults).toContainEqual({
      name: 'livekitAgents',
      status: 'installed',
      installed: true,
      version: '1.9.0',
      reason: problem,
    });
  });

  it('is no obstacle with one copy of the API', async () => {
    const { end, spans } = await run('one', 'logger', 'after');
    expect(end.stderr).toBe('');
    expect(end.outcome.installResults).toContainEqual({
      name: 'livekitAgents',
      status: 'installed',
      installed: true,
      version: '1.9.0',
    });
    expect(new Set(spans.map(({ traceId }) => traceId)).size).toBe(1);
  });

  it.each([
    ['a provider', 'one', 'provider'],
    ['anything that a newer copy of the API cannot read', 'two', 'logger'],
  ] as const)(
    'says that a LiveKit which loads later is not found: %s',
    async (_what, apiCopies, registered) => {
      const { end } = await run(apiCopies, registered, 'after');
      expect(end.stderr).toContain('import it before setup(), or pass it as modules.livekitAgents');
      expect(end.outcome.installResults).toContainEqual(
        expect.objectContaining({ name: 'livekitAgents', installed: false }),
      );
      expect(end.outcome.errors).toEqual([]);
    },
  );
});

async function run(
  apiCopies: InstallationSpec['apiCopies'],
  registered: 'logger' | 'provider',
  livekitLoads: 'before' | 'after',
): Promise<{ readonly end: ApplicationEnd; readonly spans: readonly DecodedSpan[] }> {
  const spec = { livekit: '1.9.0', packageManager: 'npm', apiCopies } as const;
  const directory = await install(spec);
  const receiver = await startReceiver();
  try {
    const end = await startApplication({
      directory,
      args: ['registered-before.mjs'],
      env: {
        CATALYST_OTLP_ENDPOINT: receiver.endpoint,
        REGISTERED: registered,
        LIVEKIT_LOADS: livekitLoads,
      },
    });
    return { end, spans: receiver.spans() };
  } finally {
    await receiver.close();
  }
}
