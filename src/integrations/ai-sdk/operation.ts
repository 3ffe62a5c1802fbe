import { SemanticConventions as S } from '@arizeai/openinference-semantic-conventions';
import { asText, isRecord, type JsonRecord } from '../../mapping/read-attributes.js';
import { readUsage } from '../../spans/usage.js';
import type { Step } from '../agent-steps.js';
import { jsonText, listIn, recordsIn, without } from '../call-attributes.js';
import type { ModelCall } from '../model-call.js';
import { answerMessage } from './messages.js';

/** One call of `generateText()`, `embed()` and so on, while it goes on. */
export interface Operation {
  readonly root: Step;
  step: Step | undefined;
  model: ModelCall | undefined;
  readonly tools: Map<unknown, Step>;
  /** Of embeddings, which may be asked for at the same time. */
  readonly embeddings: Map<unknown, ModelCall>;
  rerank: Step | undefined;
  readonly forget: () => void;
}

export function endStep(operation: Operation): void {
  operation.step?.span.end();
  operation.step = undefined;
}

export function endModel({ model }: Operation, event: JsonRecord): void {
  const { responseId, modelId, finishReason, usage, content, objectText, response } = event;
  const said = content ?? (objectText === undefined ? [] : [{ type: 'text', text: objectText }]);
  const served = isRecord(response) ? response : {};
  model?.answered({
    id: asText(responseId ?? served['id']),
    model: asText(served['modelId'] ?? modelId),
    finishReason: asText(finishReason),
    usage: readUsage(usage),
    messages: answerMessage(said),
    isComplete: true,
  });
}

export function endTool({ tools }: Operation, { toolCall, toolOutput }: JsonRecord): void {
  const id = isRecord(toolCall) ? toolCall['toolCallId'] : undefined;
  const span = tools.get(id)?.span;
  tools.delete(id);
  const result = isRecord(toolOutput) ? toolOutput : {};
  if (result['type'] === 'tool-error') span?.fail(result['error']);
  else span?.setOutput(result['output']);
  span?.end();
}

export function endEmbedding(
  { embeddings }: Operation,
  { embedCallId, usage, modelId }: JsonRecord,
): void {
  const tokens = isRecord(usage) ? usage['tokens'] : undefined;
  embeddings.get(embedCallId)?.answered({
    model: asText(modelId),
    usage: typeof tokens === 'number' ? { prompt: tokens } : undefined,
    messages: [],
    isComplete: true,
  });
}

export function endRerank(operation: Operation, { ranking }: JsonRecord): void {
  const { rerank } = operation;
  operation.rerank = undefined;
  rerank?.span.setAttributes(rankedDocuments(ranking)).end();
}

export function inputDocuments(documents: unknown): Readonly<Record<string, string>> {
  const prefix = S.RERANKER_INPUT_DOCUMENTS;
  return Object.fromEntries(
    listIn(documents).map((document, at) => [
      `${prefix}.${at}.${S.DOCUMENT_CONTENT}`,
      jsonText(document) ?? '',
    ]),
  );
}

/** What was found is told by its place among the documents. */
export function rankedDocuments(ranking: unknown): Readonly<Record<string, string | number>> {
  const prefix = S.RERANKER_OUTPUT_DOCUMENTS;
  return Object.fromEntries(
    recordsIn(ranking).flatMap(({ index, relevanceScore }, at) => [
      [`${prefix}.${at}.${S.DOCUMENT_ID}`, String(index)],
      [`${prefix}.${at}.${S.DOCUMENT_SCORE}`, Number(relevanceScore)],
    ]),
  );
}

export function stepsOf({ tools, rerank, step, root }: Operation): readonly Step[] {
  return [...tools.values(), rerank, step, root].filter((each) => each !== undefined);
}

const SESSION_KEYS = ['sessionId', 'session.id', 'session_id'];
const USER_KEYS = ['userId', 'user.id', 'user_id'];

/** Who is served, in what the application has given of it; the rest is metadata. */
export function identityIn(given: JsonRecord): {
  readonly sessionId: string | undefined;
  readonly userId: string | undefined;
  readonly metadata: JsonRecord | undefined;
} {
  const read = (keys: readonly string[]): string | undefined =>
    keys.map((key) => asText(given[key])).find((value) => value !== undefined);
  const metadata = without(given, [...SESSION_KEYS, ...USER_KEYS]);
  return {
    sessionId: read(SESSION_KEYS),
    userId: read(USER_KEYS),
    metadata: Object.keys(metadata).length > 0 ? metadata : undefined,
  };
}
