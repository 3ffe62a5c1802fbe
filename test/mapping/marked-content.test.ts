import type { Attributes, AttributeValue } from '@opentelemetry/api';
import { describe, expect, it } from 'vitest';
import type { ContentClass } from '../../src/privacy/content-class.js';
import { mapSpan } from '../../src/mapping/map-span.js';
import { NO_FACTS } from '../../src/mapping/span-input.js';
import { mapSpanKind } from '../../src/mapping/span-kind.js';

type Put = readonly [key: string, value: AttributeValue, content: ContentClass];

function map(scopeName: string, attributes: Attributes, userId?: string): readonly Put[] {
  const puts: Put[] = [];
  mapSpan(
    {
      name: 'step',
      scopeName,
      kind: mapSpanKind('step', scopeName, attributes),
      attributes,
      facts: { ...NO_FACTS, userId },
    },
    { put: (...put) => puts.push(put) },
    { rawContent: false },
  );
  return puts;
}

function userIds(puts: readonly Put[]): readonly Put[] {
  return puts.filter(([key]) => key === 'user.id');
}

describe('content of our own spans', () => {
  it('is sent under its own key, in the class of that key', () => {
    const puts = map('catalyst-tracing', {
      'openinference.span.kind': 'TOOL',
      'catalyst.pii.input.value': 'words',
      'catalyst.pii.input.mime_type': 'text/plain',
      'catalyst.pii.order': 7,
      'tool.name': 'lookup',
    });
    expect(puts).toEqual([
      ['openinference.span.kind', 'TOOL', 'none'],
      ['input.value', 'words', 'inputValue'],
      ['input.mime_type', 'text/plain', 'inputMimeType'],
      ['order', 7, 'metadata'],
      ['tool.name', 'lookup', 'none'],
    ]);
  });

  it('puts each key once: unmarked before marked before what is known of the span', () => {
    const attributes = { 'catalyst.pii.user.id': 'marked', 'user.id': 'plain' };
    expect(userIds(map('app', attributes, 'known'))).toEqual([['user.id', 'plain', 'personal']]);
    expect(userIds(map('app', { 'catalyst.pii.user.id': 'marked' }, 'known'))).toEqual([
      ['user.id', 'marked', 'personal'],
    ]);
  });

  it('keeps the mark of a key that counts as no content, so that the value counts as some', () => {
    expect(map('app', { 'catalyst.pii.session.id': 'words' })).toContainEqual([
      'catalyst.pii.session.id',
      'words',
      'metadata',
    ]);
  });

  it("leaves LiveKit's spans alone", () => {
    expect(map('livekit-agents', { 'catalyst.pii.x': 1 })).toContainEqual([
      'catalyst.pii.x',
      1,
      'metadata',
    ]);
  });
});
