import { parseJsonArray } from './read-attributes.js';
import type { SpanMapping } from './span-mapping.js';
import { INPUT_MESSAGES, type Conversation, type Recall } from './conversation.js';
import { asMessages } from './gen-ai-messages.js';
import { INPUT_SIDE } from './message-side.js';
import { lastTextOf } from './message-text.js';
import { putMessages } from './put-messages.js';

/** The input messages of one model call, of which those that an earlier call had are put again. */
export interface ReplayedHistory {
  readonly recall: Recall;
  /** Puts what was recalled and what is new, and keeps both for the next call. */
  readonly put: (conversation: Conversation, firstIndex: number) => void;
}

/** `undefined` where every message is to be put anew: another encoding, switches and hooks, a user's own messages. */
export function replayedHistory(
  mapping: SpanMapping,
  sessionId: string | undefined,
): ReplayedHistory | undefined {
  const json = mapping.raw[INPUT_MESSAGES];
  const { replayed } = mapping;
  if (replayed === undefined || sessionId === undefined || typeof json !== 'string') {
    return undefined;
  }
  if (mapping.hasUnder(INPUT_SIDE.prefix)) return undefined;
  const { histories, replay } = replayed;
  return {
    recall: (text, firstIndex) => histories.recall(sessionId, text, firstIndex),
    put: ({ input, recalled, sources }, firstIndex) => {
      if (recalled !== undefined && !replay.put(recalled.encoded)) {
        // Redaction ran out of time since they were recalled: each of them is lost, and counted.
        putMessages(
          mapping,
          INPUT_SIDE,
          asMessages(parseJsonArray(json) ?? [], 'user'),
          firstIndex,
        );
        histories.forget(sessionId);
        return;
      }
      const mark = replay.mark();
      const nextIndex = putMessages(mapping, INPUT_SIDE, input, recalled?.nextIndex ?? firstIndex);
      const encoded = replay.since(mark);
      if (encoded === undefined || !sources.includes(INPUT_MESSAGES)) {
        histories.forget(sessionId);
        return;
      }
      const lastTexts = { user: lastTextOf(input, 'user'), system: lastTextOf(input, 'system') };
      histories.remember(sessionId, {
        json,
        recalled,
        firstIndex,
        nextIndex,
        encoded,
        lastTexts,
      });
    },
  };
}
