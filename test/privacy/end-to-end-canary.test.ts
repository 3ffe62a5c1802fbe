import { trace } from '@opentelemetry/api';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { PrivacyOptions } from '../../src/index.js';
import { resolveOptions } from '../../src/options/resolve-options.js';
import { listCaptures, readCapture } from '../support/corpus.js';
import { recordForeignSpans } from '../support/foreign-spans.js';
import { drawSecrets, plantSecrets, type Side } from '../support/planted-secrets.js';
import { CONTENT_PLACES, drawPlacedSecrets, recordPlacedSpans } from '../support/placed-spans.js';
import { outcomeOf, skeletons, type Load, type Outcome, type Way } from './canary-delivery.js';
import { NARROW_SWITCHES, standing } from './narrow-rules.js';

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
  // One tracing is live at a time.
  let plain: Promise<Outcome>;
  beforeAll(() => {
    plain = outcomeOf({}, LOAD);
  });

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

const PLACED = drawPlacedSecrets();

/** These switches go by keys, and the spans of these scenarios have all of LiveKit's. */
const SCENARIOS = ['chat_3_turns', 'tool_ok', 'tool_toolerror', 'realtime_turn', 'handoff'];
const NARROW_LOAD: Load = {
  captures: listCaptures()
    .filter(({ scenario }) => SCENARIOS.includes(scenario))
    .map(({ version, scenario }) => plantSecrets(readCapture(version, scenario), SECRETS)),
  record: (provider) => recordPlacedSpans(provider, PLACED),
  options: {},
};

describe('a narrow switch', () => {
  // One tracing is live at a time.
  let plain: Promise<Outcome>;
  beforeAll(() => {
    plain = outcomeOf({}, NARROW_LOAD);
  });

  it('has something to withhold in every place', async () => {
    const { places, spans } = await plain;
    for (const place of CONTENT_PLACES) {
      for (const road of ['wire', 'spool', 'views'] as const) {
        expect(places[road].includes(PLACED[place]), `${place} at ${road}`).toBe(true);
      }
    }
    for (const { withheldOfLiveKit } of NARROW_SWITCHES) {
      for (const keys of withheldOfLiveKit) {
        expect(
          standing(spans, SECRETS).some((each) => keys.test(each)),
          String(keys),
        ).toBe(true);
      }
    }
  });

  it.each(NARROW_SWITCHES)(
    '$name comes to the same by variable and by option',
    ({ env, option }) => {
      const flags = (privacy: PrivacyOptions, variables: Readonly<Record<string, string>>) =>
        resolveOptions({ endpoint: 'http://127.0.0.1:1', privacy }, variables).privacy.flags;
      expect(flags({}, env)).toEqual(flags(option, {}));
      expect(flags({}, env)).not.toEqual(flags({}, {}));
    },
  );

  // All but one by variable: the line above says that the option is no other policy.
  const ways = NARROW_SWITCHES.map(({ name, env, option, ...expected }) =>
    name === 'hideOutputText'
      ? { name: `${name}, by option`, way: { options: { privacy: option } }, ...expected }
      : { name: `${name}, by env`, way: { env }, ...expected },
  );
  it.each(ways)('$name', async ({ way, withheld, withheldOfLiveKit }) => {
    const before = await plain;
    const after = await outcomeOf(way, NARROW_LOAD);
    for (const [road, text] of Object.entries(after.places)) {
      const sent = CONTENT_PLACES.filter((place) => text.includes(PLACED[place]));
      const meant = CONTENT_PLACES.filter((place) => !withheld.includes(place));
      expect(sent, road).toEqual(road === 'logs' ? [] : meant);
      if (road === 'logs') for (const side of SIDES) expect(text).not.toContain(SECRETS[side]);
    }
    expect(standing(after.spans, SECRETS)).toEqual(
      standing(before.spans, SECRETS).filter(
        (each) => !withheldOfLiveKit.some((keys) => keys.test(each)),
      ),
    );
    expect(skeletons(after)).toEqual(skeletons(before));
  });
});
