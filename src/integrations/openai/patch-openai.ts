import { moduleParts, prototypeAt, type Integration } from '../integration.js';
import { wrapCreate } from '../provider-call.js';
import { CHAT_COMPLETIONS, COMPLETIONS, EMBEDDINGS } from './chat-completions.js';
import { RESPONSES } from './responses.js';

const CHAT = ['Chat', 'Completions'];

/** Where each class is below `OpenAI`, in 4 to 7; Responses came with 4.87. */
const METHODS = [
  [CHAT, CHAT_COMPLETIONS],
  [['Responses'], RESPONSES],
  [['Embeddings'], EMBEDDINGS],
  [['Completions'], COMPLETIONS],
] as const;

export const OPENAI: Integration = {
  name: 'openai',
  expected: 'the `openai` package 4 or newer: pass its namespace or the class `OpenAI`',
  patch(module, tracer) {
    const client = moduleParts(module, ['OpenAI', 'default']).find(
      (part) => prototypeAt(part, CHAT, 'create') !== undefined,
    );
    if (client === undefined) return [];
    return METHODS.flatMap(([path, endpoint]) => {
      const prototype = prototypeAt(client, path, 'create');
      return prototype === undefined ? [] : [wrapCreate(prototype, 'create', endpoint, tracer)];
    });
  },
};
