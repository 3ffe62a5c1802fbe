import * as openInference from '@arizeai/openinference-semantic-conventions';

/** Keys that a reader would take for OpenInference's, whether they are or not. */
export const OPENINFERENCE_LOOKALIKE: RegExp =
  /^(?:openinference\.|input\.|output\.|llm\.|tool\.|tool_call\.|agent\.|session\.|user\.|metadata$|tag\.|document\.|embedding\.|retrieval\.|reranker\.|message\.|message_content\.|audio\.|image\.|graph\.|prompt\.|catalyst\.|voice\.)/u;

/** Keys of ours in OpenInference's name space, each with the reason it is there. */
export const OUR_KEYS: ReadonlyMap<string, string> = new Map([
  ['agent.id', 'Catalyst groups runs by agent id; OpenInference knows the name alone'],
  ['agent.role', 'Catalyst shows the role of an agentSpan'],
  ['agent.previous_id', 'who handed over: OpenInference has no word for a handoff'],
  ['agent.llm_call_count', 'what a run of an agent came to, as Catalyst shows it'],
  ['agent.tool_call_count', 'the same for its tools'],
  ['tool_call.id', 'on TOOL spans, as the GenAI converter of OpenInference has it'],
  ['catalyst.incomplete', 'the span never ended; it was closed when tracing shut down'],
]);

const OUR_PREFIXES: readonly string[] = ['voice.'];

const KNOWN: ReadonlySet<string> = new Set(
  [...Object.values(openInference), ...Object.values(openInference.SemanticConventions)].filter(
    (value) => typeof value === 'string',
  ),
);

/** Lists whose entries are named by index, and what may follow the index. */
const LIST =
  /^(?<list>llm\.(?:input_messages|output_messages|tools|prompts|choices))\.\d+\.(?<rest>.+)$/u;
const INNER = /^(?<list>message\.(?:contents|tool_calls))\.\d+\.(?<rest>.+)$/u;
const MEDIA = /^message_content\.(?:image|audio|video)\.(?<rest>.+)$/u;

/** Whether OpenInference's conventions, or the list above, have this key. */
export function isKnownKey(key: string): boolean {
  if (OUR_KEYS.has(key) || OUR_PREFIXES.some((prefix) => key.startsWith(prefix))) return true;
  if (KNOWN.has(key)) return true;
  const outer = LIST.exec(key)?.groups ?? INNER.exec(key)?.groups;
  if (outer?.['list'] !== undefined && outer['rest'] !== undefined) {
    return KNOWN.has(outer['list']) && isKnownKey(outer['rest']);
  }
  const media = MEDIA.exec(key)?.groups?.['rest'];
  return media !== undefined && KNOWN.has(media);
}
