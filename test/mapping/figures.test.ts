import type { Attributes, AttributeValue } from '@opentelemetry/api';
import { describe, expect, it } from 'vitest';
import { LIVEKIT_SCOPE_NAME } from '../../src/mapping/livekit-spans.js';
import { mapSpan } from '../../src/mapping/map-span.js';
import { NO_FACTS } from '../../src/mapping/span-input.js';

/** What a summary or a metric is told of a `tts_node` under this key. */
function figure(
  key: string,
  attributes: Attributes,
  contextAttributes?: Attributes,
): AttributeValue | undefined {
  const mapped = mapSpan(
    {
      name: 'tts_node',
      scopeName: LIVEKIT_SCOPE_NAME,
      kind: 'CHAIN',
      attributes,
      facts: { ...NO_FACTS, contextAttributes },
    },
    { put: () => {} },
    { rawContent: false },
  );
  return mapped.figure(key);
}

describe('what summaries and metrics are told of a span', () => {
  it('is what was mapped, and what LiveKit recorded as no content', () => {
    expect(figure('voice.tts.model', { 'gen_ai.request.model': 'sonic-2' })).toBe('sonic-2');
    expect(figure('lk.speech_id', { 'lk.speech_id': 'speech_1' })).toBe('speech_1');
  });

  it('is nothing that the application wrote under such a key, on the span or around it', () => {
    const written = { 'voice.tts.model': 'words of a caller' };
    expect(figure('voice.tts.model', written)).toBeUndefined();
    expect(figure('voice.tts.model', {}, written)).toBeUndefined();
  });
});
