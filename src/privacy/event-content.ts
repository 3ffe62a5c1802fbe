import type { ContentClass } from './content-class.js';
import { classifyRawKey } from './content-keys.js';

/** Events of the GenAI conventions whose words stand under a key that says nothing: `content`. */
const CONTENT_BY_EVENT: ReadonlyMap<string, ContentClass> = new Map([
  ['gen_ai.system.message', 'rawInput'],
  ['gen_ai.user.message', 'rawInput'],
  ['gen_ai.assistant.message', 'raw'],
  ['gen_ai.tool.message', 'raw'],
  ['gen_ai.choice', 'rawOutput'],
  ['gen_ai.content.prompt', 'rawInput'],
  ['gen_ai.content.completion', 'rawOutput'],
  ['gen_ai.client.inference.operation.details', 'raw'],
]);

/** What the value of an event's attribute tells: as {@link classifyRawKey}, within its event. */
export function classifyEventKey(event: string, key: string): ContentClass {
  const content = classifyRawKey(key);
  // A key nobody knows follows the event that it belongs to.
  return content === 'metadata' ? (CONTENT_BY_EVENT.get(event) ?? content) : content;
}
