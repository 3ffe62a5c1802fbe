import { trace } from '@opentelemetry/api';
import { afterEach, describe, expect, it } from 'vitest';
import type { PrivacyOptions } from '../../src/index.js';
import { resolveOptions } from '../../src/options/resolve-options.js';
import { listCaptures, readCapture } from '../support/corpus.js';
import { CONTENT_PLACES, drawPlacedSecrets, recordPlacedSpans } from '../support/placed-spans.js';
import { drawSecrets, plantSecrets, type Side } from '../support/planted-secrets.js';
import { outcomeOf, skeletons, type Load } from './canary-delivery.js';
import { NARROW_SWITCHES, standing } from './narrow-rules.js';

const PLACED = drawPlacedSecrets();
const SECRETS = drawSecrets();
const SIDES = Object.keys(SECRETS) as Side[];

/** These switches go by keys, and the spans of these scenarios have all of LiveKit's. */
const SCENARIOS = ['chat_3_turns', 'tool_ok', 'tool_toolerror', 'realtime_turn', 'handoff'];
const LOAD: Load = {
  captures: listCaptures()
    .filter(({ scenario }) => SCENARIOS.includes(scenario))
    .map(({ version, scenario }) => plantSecrets(readCapture(version, scenario), SECRETS)),
  record: (provider) => recordPlacedSpans(provider, PLACED),
  options: {},
};

afterEach(() => {
  trace.disable();
});

describe('a narrow switch', () => {
  const plain = outcomeOf({}, LOAD);

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
    const after = await outcomeOf(way, LOAD);
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
