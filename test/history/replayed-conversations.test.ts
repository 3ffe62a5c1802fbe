import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ConversationHistories } from '../../src/history/conversation-histories.js';
import type { Privacy } from '../../src/privacy/privacy.js';
import { privacyWith } from '../privacy/guarded.js';
import { decodeTraceRequest } from '../support/otlp-decode.js';
import { arbitraryCalls, createEncoder, send, text } from './arbitrary-conversations.js';

const LIMITS = { base64ImageMaxLength: 40, base64AudioMaxLength: 40 };

function byDefault(): Privacy {
  return privacyWith(LIMITS).privacy;
}

describe('a conversation whose beginning was sent before', () => {
  it.each([
    ['with room for all', 1_000_000],
    ['with room for one', 9_000],
    ['without room', 0],
  ])('is sent byte for byte as if it had not been, %s', (_, maxBytes) => {
    fc.assert(
      fc.property(arbitraryCalls, (calls) => {
        const histories = new ConversationHistories(maxBytes);
        const [replaying, plain] = [createEncoder(), createEncoder()];
        const [privacy, plainPrivacy] = [byDefault(), byDefault()];
        for (const call of calls) {
          const sent = send(replaying, call, privacy, histories);
          const expected = send(plain, call, plainPrivacy, undefined);
          expect(sent.input).toBe(expected.input);
          expect(sent.output).toBe(expected.output);
          // Byte by byte is slow to compare; a difference shows better as text.
          if (!sent.bytes.equals(expected.bytes)) {
            expect(sent.bytes.toString()).toBe(expected.bytes.toString());
          }
          expect(histories.bytes).toBeLessThanOrEqual(maxBytes);
        }
        expect(privacy.counts).toEqual(plainPrivacy.counts);
        for (const session of ['a', 'b']) histories.forget(session);
        expect(histories.bytes).toBe(0);
      }),
      { numRuns: 1_000 },
    );
  });

  it('is neither parsed nor encoded again', () => {
    const histories = new ConversationHistories();
    const encoder = createEncoder();
    const messages = Array.from({ length: 30 }, (_, turn) => text('user', `turn ${turn}`));
    const write = JSON.stringify;
    send(encoder, { session: 'a', system: undefined, messages, write }, byDefault(), histories);
    const grown = [...messages, text('user', 'new')];
    const recalled = histories.recall('a', write(grown), 0);
    expect(recalled?.nextIndex).toBe(30);
    expect(recalled?.restJson).toBe(write([text('user', 'new')]));
    expect(recalled?.lastTextOf('user')).toBe('turn 29');
    // Nor does another session, or one with another system prompt, begin with it.
    expect(histories.recall('b', write(grown), 0)).toBeUndefined();
    expect(histories.recall('a', write(grown), 1)).toBeUndefined();
    const sent = send(
      encoder,
      { session: 'a', system: undefined, messages: grown, write },
      byDefault(),
      histories,
    );
    const [resource] = decodeTraceRequest(
      Buffer.concat(
        encoder.frameRequest([{ scope: { name: 'livekit-agents' }, bytes: sent.bytes }]),
      ),
      encoder.contentType,
    );
    expect(resource?.attributes['llm.input_messages.30.message.content']).toBe('new');
  });

  it('makes room for the conversations that are used', () => {
    const histories = new ConversationHistories();
    const encoder = createEncoder();
    const write = JSON.stringify;
    for (let session = 0; session < 200; session++) {
      const messages = [text('user', 'x')];
      send(
        encoder,
        { session: 'kept', system: undefined, messages, write },
        byDefault(),
        histories,
      );
      send(
        encoder,
        { session: `${session}`, system: undefined, messages, write },
        byDefault(),
        histories,
      );
    }
    const json = write([text('user', 'x')]);
    expect(histories.recall('kept', json, 0)).toBeDefined();
    expect(histories.recall('199', json, 0)).toBeDefined();
    expect(histories.recall('0', json, 0)).toBeUndefined();
    expect(histories.bytes).toBeLessThan(1024 * 1024);
  });
});
