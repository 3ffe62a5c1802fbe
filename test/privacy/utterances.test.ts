import { describe, expect, it } from 'vitest';
import { DEFAULT_REDACT_PATTERNS } from '../../src/privacy/patterns/default-patterns.js';
import { compilePattern, maskText } from '../../src/privacy/patterns/mask-text.js';
import { readMarkedPart, withoutPadding } from '../support/markdown.js';
import { judge, readUtterances, type Outcome } from './utterances.js';

/** The kinds as SECURITY.md names them. */
const KINDS = {
  phone: 'telephone numbers, written',
  dictated: 'telephone and other numbers, dictated',
  email: 'e-mail addresses, written and dictated',
  card: 'payment cards, in digits and in words',
  'card-code': 'CVV and expiry of a card, next to their name',
  id: 'IBANs; identity, tax and insurance numbers',
  key: 'API keys, tokens, webhooks, connection strings',
  password: 'passwords, PINs and one-time codes, next to their name',
  escaped: 'any of these, percent-encoded or `\\u`-escaped',
} as const;

const PATTERNS = DEFAULT_REDACT_PATTERNS.map(compilePattern);
const UTTERANCES = readUtterances();
const HARMLESS = UTTERANCES.filter(({ kind }) => kind === 'harmless');
const HIDING = UTTERANCES.filter(({ kind }) => kind !== 'harmless');

function scoreOf(kind: string): Outcome {
  return HIDING.filter((utterance) => utterance.kind === kind)
    .map((utterance) => judge(utterance, maskText(utterance.text, PATTERNS)))
    .reduce((sum, one) => ({
      secrets: sum.secrets + one.secrets,
      found: sum.found + one.found,
      masks: sum.masks + one.masks,
      wrongMasks: sum.wrongMasks + one.wrongMasks,
    }));
}

describe('the ready patterns, on utterances as transcripts write them', () => {
  it('are measured on enough of them', () => {
    expect(HIDING.length).toBeGreaterThanOrEqual(300);
    expect(HARMLESS.length).toBeGreaterThanOrEqual(300);
    expect(new Set(HIDING.map(({ language }) => language)).size).toBeGreaterThanOrEqual(6);
    expect(HIDING.every(({ secrets }) => secrets.length > 0)).toBe(true);
    expect(new Set(HIDING.map(({ kind }) => kind))).toEqual(new Set(Object.keys(KINDS)));
  });

  it.each(Object.keys(KINDS))('find nine in ten: %s', (kind) => {
    const { secrets, found, masks, wrongMasks } = scoreOf(kind);
    expect(found / secrets).toBeGreaterThanOrEqual(0.9);
    expect(wrongMasks / masks).toBeLessThanOrEqual(0.05);
  });

  it('leave no four digits in a row of what they found', () => {
    for (const utterance of HIDING) {
      const masked = maskText(utterance.text, PATTERNS);
      if (judge(utterance, masked).found < utterance.secrets.length) continue;
      for (const [start, end] of utterance.secrets) {
        for (const digits of utterance.text.slice(start, end).match(/\d{4}/g) ?? []) {
          expect(masked).not.toContain(digits);
        }
      }
    }
  });

  it('leave what is harmless', () => {
    expect(HARMLESS.map(({ text }) => maskText(text, PATTERNS))).toEqual(
      HARMLESS.map(({ text }) => text),
    );
  });

  it('do as SECURITY.md says', () => {
    const rows = Object.entries(KINDS).map(([kind, name]) => {
      const { secrets, found, masks, wrongMasks } = scoreOf(kind);
      const recall = (found / secrets).toFixed(2);
      const precision = ((masks - wrongMasks) / masks).toFixed(2);
      return `| ${name} | ${String(found)} of ${String(secrets)} | ${recall} | ${precision} |`;
    });
    const table = [
      '| kind | found | recall | precision |',
      '| --- | --- | --- | --- |',
      ...rows,
      `| harmless | 0 masked of ${String(HARMLESS.length)} | – | – |`,
    ].join('\n');
    expect(withoutPadding(readMarkedPart('SECURITY.md', 'patterns'))).toBe(withoutPadding(table));
  });
});
