import { moduleParts, prototypeAt, type Integration } from '../integration.js';
import { wrapCreate, wrapHelper } from '../provider-call.js';
import { MESSAGES } from './messages.js';

/** `beta` came with 0.33. `parse` and `toolRunner` go through these two. */
const CLASSES = [['Messages'], ['Beta', 'Messages']] as const;

export const ANTHROPIC: Integration = {
  name: 'anthropic',
  expected: 'the `@anthropic-ai/sdk` package: pass its namespace or the class `Anthropic`',
  patch(module, tracer) {
    const client = moduleParts(module, ['Anthropic', 'default']).find(
      (part) => prototypeAt(part, CLASSES[0], 'create') !== undefined,
    );
    if (client === undefined) return [];
    return CLASSES.flatMap((path) => {
      const prototype = prototypeAt(client, path, 'create');
      if (prototype === undefined) return [];
      return [
        wrapCreate(prototype, 'create', MESSAGES, tracer),
        wrapHelper(prototype, 'stream', MESSAGES, tracer),
      ];
    });
  },
};
