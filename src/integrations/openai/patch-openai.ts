import type { Tracer } from '@opentelemetry/api';
import { moduleParts, prototypeAt, type Integration } from '../integration.js';
import type { Unpatch } from '../patch-method.js';
import type { Endpoint } from '../observed-call.js';
import { wrapCreate } from '../wrapped-call.js';
import { CHAT_COMPLETIONS } from './chat-completions.js';
import { RESPONSES } from './responses.js';
import { COMPLETIONS, EMBEDDINGS } from './text-endpoints.js';

/** Where each class is below `OpenAI`, in 4 to 7; Responses came with 4.87. */
const METHODS: readonly (readonly [path: readonly string[], endpoint: Endpoint])[] = [
  [['Chat', 'Completions'], CHAT_COMPLETIONS],
  [['Responses'], RESPONSES],
  [['Embeddings'], EMBEDDINGS],
  [['Completions'], COMPLETIONS],
];

export const OPENAI: Integration = {
  name: 'openai',
  expected: 'the `openai` package 4 or newer: pass its namespace or the class `OpenAI`',
  patch(module, tracer) {
    return moduleParts(module, ['OpenAI', 'default'])
      .filter((client) => prototypeAt(client, ['Chat', 'Completions'], 'create') !== undefined)
      .slice(0, 1)
      .flatMap((client) => patchClient(client, tracer));
  },
};

function patchClient(client: object, tracer: Tracer): readonly Unpatch[] {
  return METHODS.flatMap(([path, endpoint]) => {
    const prototype = prototypeAt(client, path, 'create');
    return prototype === undefined ? [] : [wrapCreate(prototype, 'create', endpoint, tracer)];
  });
}
