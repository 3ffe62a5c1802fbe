import type { Attributes, AttributeValue } from '@opentelemetry/api';
import { describe, expect, it } from 'vitest';
import { mapSpans } from '../../src/mapping/map-span.js';
import { EMPTY_CONTEXT, rawSpan } from './raw-span.js';

type Pair = readonly [key: string, value: AttributeValue];

function map(scopeName: string, attributes: Attributes, userId?: string): readonly Pair[] {
  const span = rawSpan('step', scopeName, attributes);
  const [mapped] = mapSpans(span, { ...EMPTY_CONTEXT, userId }, { rawContent: false });
  return (mapped?.entries ?? []).map(({ key, value }) => [key, value]);
}

function userIds(pairs: readonly Pair[]): readonly Pair[] {
  return pairs.filter(([key]) => key === 'user.id');
}

describe('content of our own spans', () => {
  it('is sent under its own key', () => {
    const pairs = map('catalyst-tracing', {
      'openinference.span.kind': 'TOOL',
      'catalyst.pii.input.value': 'words',
      'catalyst.pii.input.mime_type': 'text/plain',
      'catalyst.pii.order': 7,
      'tool.name': 'lookup',
    });
    expect(pairs).toEqual([
      ['openinference.span.kind', 'TOOL'],
      ['input.value', 'words'],
      ['input.mime_type', 'text/plain'],
      ['order', 7],
      ['tool.name', 'lookup'],
    ]);
  });

  it('puts each key once: unmarked before marked before what is known of the span', () => {
    const attributes = { 'catalyst.pii.user.id': 'marked', 'user.id': 'plain' };
    expect(userIds(map('app', attributes, 'known'))).toEqual([['user.id', 'plain']]);
    expect(userIds(map('app', { 'catalyst.pii.user.id': 'marked' }, 'known'))).toEqual([
      ['user.id', 'marked'],
    ]);
  });

  it('keeps the mark of a key that counts as no content, so that the value counts as some', () => {
    expect(map('app', { 'catalyst.pii.session.id': 'words' })).toContainEqual([
      'catalyst.pii.session.id',
      'words',
    ]);
  });

  it("leaves LiveKit's spans alone", () => {
    expect(map('livekit-agents', { 'catalyst.pii.x': 1 })).toContainEqual(['catalyst.pii.x', 1]);
  });
});
