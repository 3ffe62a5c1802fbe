import { trace } from '@opentelemetry/api';
import { afterEach, describe, expect, it } from 'vitest';
import { listCaptures, readCapture } from '../support/corpus.js';
import { recordForeignSpans } from '../support/foreign-spans.js';
import { drawSecrets, plantSecrets, type Side } from '../support/planted-secrets.js';
import { outcomeOf, skeletons, type Load, type Way } from './canary-delivery.js';

const SECRETS = drawSecrets();
const SIDES = Object.keys(SECRETS) as Side[];
const LOAD: Load = {
  captures: listCaptures().map(({ version, scenario }) =>
    plantSecrets(readCapture(version, scenario), SECRETS),
  ),
  record: (provider) => recordForeignSpans(provider, SECRETS),
  options: { userId: SECRETS.person, metadata: { note: SECRETS.own }, tags: [SECRETS.own] },
};

afterEach(() => {
  trace.disable();
});

const ALL: readonly Side[] = SIDES;
const BUT_PEOPLE = ALL.filter((side) => side !== 'person');
const SWITCHES: readonly (readonly [name: string, way: Way, withheld: readonly Side[]])[] = [
  ['allowPii, by env', { env: { LIVEKIT_TELEMETRY_ALLOW_PII: '0' } }, ALL],
  [
    'allowPii, by option, as JSON',
    { options: { privacy: { allowPii: false }, protocol: 'http/json' } },
    ALL,
  ],
  [
    'capture of content, by env',
    { env: { OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT: 'false' } },
    BUT_PEOPLE,
  ],
  [
    'capture of content, by option, as JSON',
    { options: { privacy: { captureMessageContent: false }, protocol: 'http/json' } },
    BUT_PEOPLE,
  ],
  [
    'a mandate, against the option',
    { mandated: true, options: { privacy: { allowPii: true } } },
    ALL,
  ],
  [
    'hidden inputs and outputs, by env',
    { env: { OPENINFERENCE_HIDE_INPUTS: '1', OPENINFERENCE_HIDE_OUTPUTS: 'yes' } },
    BUT_PEOPLE,
  ],
  [
    'hidden inputs and outputs, by option, as JSON',
    { options: { privacy: { hideInputs: true, hideOutputs: true }, protocol: 'http/json' } },
    BUT_PEOPLE,
  ],
  [
    'hidden inputs, by env',
    { env: { OPENINFERENCE_HIDE_INPUTS: 'on' } },
    ['asked', 'tools', 'error', 'own'],
  ],
  [
    'hidden inputs, by option',
    { options: { privacy: { hideInputs: true } } },
    ['asked', 'tools', 'error', 'own'],
  ],
  [
    'hidden outputs, by env',
    { env: { OPENINFERENCE_HIDE_OUTPUTS: 'TRUE' } },
    ['answered', 'error', 'own'],
  ],
  [
    'hidden outputs, by option',
    { options: { privacy: { hideOutputs: true } } },
    ['answered', 'error', 'own'],
  ],
  ['hidden tools, by env', { env: { OPENINFERENCE_HIDE_LLM_TOOLS: 'true' } }, ['tools']],
  [
    'a redact hook',
    {
      options: {
        privacy: {
          redactBudgetMillis: 60_000,
          redact: (value: string) =>
            Object.values(SECRETS).reduce((text, secret) => text.replaceAll(secret, '…'), value),
        },
      },
    },
    ALL,
  ],
  [
    'a redact hook that throws',
    {
      options: {
        privacy: {
          redact: () => {
            throw new Error(SECRETS.own);
          },
        },
      },
    },
    ALL,
  ],
];

describe('a secret in every place of every capture', () => {
  const plain = outcomeOf({}, LOAD);

  it('is seen everywhere but in the logs when nothing is withheld', async () => {
    const { places } = await plain;
    for (const side of SIDES) {
      expect(places.wire, side).toContain(SECRETS[side]);
      expect(places.views, side).toContain(SECRETS[side]);
      expect(places.spool, side).toContain(SECRETS[side]);
      expect(places.logs, side).not.toContain(SECRETS[side]);
    }
    expect(places.logs).toContain('[catalyst-tracing]');
  });

  it.each(SWITCHES)('%s', async (_name, way, withheld) => {
    const outcome = await outcomeOf(way, LOAD);
    const { places } = outcome;
    for (const [place, text] of Object.entries(places)) {
      for (const side of SIDES) {
        const isThere = text.includes(SECRETS[side]);
        const isMeant = place !== 'logs' && !withheld.includes(side);
        expect(isThere, `${side} at ${place}`).toBe(isMeant);
      }
    }
    expect(skeletons(outcome)).toEqual(skeletons(await plain));
  });
});
