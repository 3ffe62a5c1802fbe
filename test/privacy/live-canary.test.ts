import * as livekitAgents from '@livekit/agents';
import type { JobContext } from '@livekit/agents';
import { trace } from '@opentelemetry/api';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { drawSecrets, type Side } from '../support/planted-secrets.js';
import { holdWith, jobContext, type Held, type LiveWay } from './live-delivery.js';
import { NARROW_SWITCHES, standing } from './narrow-rules.js';

const SECRETS = drawSecrets();
const SIDES = Object.keys(SECRETS) as Side[];
const { asked, person } = SECRETS;

afterEach(() => {
  trace.disable();
});

const within =
  (job: () => JobContext) =>
  (run: () => Promise<void>): Promise<void> =>
    livekitAgents.runWithJobContextAsync(job(), run);

/** Nothing goes to LiveKit Cloud, which would mark the spans. */
const NOT_UPLOADED = { audio: false, traces: false, logs: true, transcript: true };

const BUT_PEOPLE = SIDES.filter((side) => side !== 'person');
const WAYS: readonly (readonly [name: string, way: () => LiveWay, withheld: readonly Side[]])[] = [
  ['allowPii, by env', () => ({ env: { LIVEKIT_TELEMETRY_ALLOW_PII: '0' } }), SIDES],
  ['allowPii, by option', () => ({ options: { privacy: { allowPii: false } } }), SIDES],
  [
    'capture of content, by env',
    () => ({ env: { OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT: 'false' } }),
    BUT_PEOPLE,
  ],
  [
    'capture of content, by option',
    () => ({ options: { privacy: { captureMessageContent: false }, protocol: 'http/json' } }),
    BUT_PEOPLE,
  ],
  [
    'a project that mandates redaction',
    () => ({ around: within(() => jobContext(true, person)) }),
    SIDES,
  ],
  [
    'a session that is recorded redacted',
    () => ({
      around: within(() => jobContext(false, person)),
      record: { ...NOT_UPLOADED, redaction: true },
    }),
    SIDES,
  ],
  [
    'a redact hook, and patterns',
    () => ({
      options: {
        privacy: {
          redactPatterns: [
            new RegExp(
              SIDES.slice(1)
                .map((side) => SECRETS[side])
                .join('|'),
            ),
          ],
          redact: (value) => value.replaceAll(asked, '…'),
        },
      },
    }),
    SIDES,
  ],
  [
    'hidden inputs, by option',
    // What a tool's error tells the model is an output.
    () => ({ options: { privacy: { hideInputs: true } } }),
    ['asked', 'tools', 'own'],
  ],
  [
    'hidden outputs, by env',
    () => ({ env: { OPENINFERENCE_HIDE_OUTPUTS: 'on' } }),
    ['answered', 'error', 'own'],
  ],
  [
    'hidden inputs and outputs, by env',
    () => ({ env: { OPENINFERENCE_HIDE_INPUTS: '1', OPENINFERENCE_HIDE_OUTPUTS: '1' } }),
    BUT_PEOPLE,
  ],
];

describe('a secret in every place of a live session', () => {
  const plain = holdWith({}, SECRETS);

  it('is seen everywhere but in the logs when nothing is withheld', async () => {
    const { places } = await plain;
    for (const side of SIDES) {
      for (const place of ['wire', 'spool', 'views'] as const) {
        expect(places[place].includes(SECRETS[side]), `${side} at ${place}`).toBe(true);
      }
      expect(places.logs, side).not.toContain(SECRETS[side]);
    }
    expect(places.logs).toContain('[catalyst-tracing]');
  });

  it('is no session id: that is the sid of the room and never its name', async () => {
    const way = {
      around: within(() => jobContext(false, person)),
      options: { privacy: { allowPii: false } },
    };
    const { wire } = (await holdWith(way, SECRETS)).places;
    expect(wire).toContain('RM_1');
    expect(wire).not.toContain(person);
  });

  it.each(WAYS)('%s', async (_name, way, withheld) => {
    const { structure: expected } = await plain;
    const { places, structure } = await holdWith(way(), SECRETS);
    for (const [place, text] of Object.entries(places)) {
      for (const side of SIDES) {
        const isMeant = place !== 'logs' && !withheld.includes(side);
        expect(text.includes(SECRETS[side]), `${side} at ${place}`).toBe(isMeant);
      }
    }
    expect(structure).toEqual(expected);
  });
});

/** One that removes messages, texts, tools and raw keys each; the others are held against captures. */
const FAMILIES = [
  'hideInputMessages',
  'hideOutputMessages',
  'hideInputText',
  'hideOutputText',
  'hideLlmTools',
  'hideChoices',
];

describe('a narrow switch over a live session', () => {
  // One tracing is live at a time.
  let plain: Promise<Held>;
  beforeAll(() => {
    plain = holdWith({ foreign: false }, SECRETS);
  });

  it.each(NARROW_SWITCHES.filter(({ name }) => FAMILIES.includes(name)))(
    '$name',
    async ({ env, withheldOfLiveKit }) => {
      const before = await plain;
      const after = await holdWith({ env, foreign: false }, SECRETS);
      expect(standing(after.spans, SECRETS)).toEqual(
        standing(before.spans, SECRETS).filter(
          (each) => !withheldOfLiveKit.some((keys) => keys.test(each)),
        ),
      );
      for (const side of SIDES) {
        const isLeft = standing(after.spans, SECRETS).some((each) => each.endsWith(` ${side}`));
        for (const place of ['wire', 'spool', 'views'] as const) {
          expect(after.places[place].includes(SECRETS[side]), `${side} at ${place}`).toBe(isLeft);
        }
        expect(after.places.logs, side).not.toContain(SECRETS[side]);
      }
      expect(after.structure).toEqual(before.structure);
    },
  );
});
