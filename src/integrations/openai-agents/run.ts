import {
  SemanticConventions as S,
  OpenInferenceSpanKind as Kind,
} from '@arizeai/openinference-semantic-conventions';
import { SpanStatusCode, type Context } from '@opentelemetry/api';
import { asText, type JsonRecord } from '../../mapping/read-attributes.js';
import type { Step } from '../agent-steps.js';
import { recordsIn, type CallAnswer } from '../call-attributes.js';
import {
  modelCallAttributes,
  nameOf,
  stepAttributes,
  type ModelCallData,
  type SpanData,
} from './span-data.js';

/** What this reads of the SDK's `Trace`. */
export interface SdkTrace {
  readonly traceId: string;
  readonly name: string;
  readonly groupId: string | null;
  readonly metadata?: JsonRecord | undefined;
}

/** What this reads of the SDK's `Span`. */
export interface SdkSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentId: string | null;
  /** What was current when this one became it. */
  readonly previousSpan?: SdkSpan | undefined;
  readonly startedAt: string | null;
  readonly endedAt: string | null;
  readonly error: { readonly message: string; readonly data?: JsonRecord | undefined } | null;
  readonly spanData: SpanData;
}

/** What is current, as the SDK keeps it in its AsyncLocalStorage (`tracing/context.ts`). */
export interface SdkStore {
  readonly trace?: SdkTrace | undefined;
  readonly span?: SdkSpan | undefined;
  readonly active: boolean;
}

/** One of our spans and what is collected for it while it is open. */
export interface Run {
  readonly id: string;
  /** `undefined` of a task, which says nothing that its workflow and its agent do not. */
  readonly step: Step | undefined;
  readonly context: Context;
  readonly kind: Kind;
  readonly parent: Run | undefined;
  /** Some are started by a clone of it, which hears of no error and no end. */
  sdkSpan: SdkSpan | undefined;
  readonly forget: () => void;
  /** What providers answered below, of a model call. */
  handed?: CallAnswer;
  hasInput?: true;
  /** Tool calls that a model asked for in this turn and that no tool has taken up. */
  calls?: JsonRecord[];
  /** The last handoff of a workflow. */
  handoff?: { readonly from: unknown; readonly to: unknown };
  /** Whether a workflow was asked to leave content out. */
  isWithheld?: true;
  /** Why the last run of a workflow failed. */
  failure?: string | undefined;
}

export function writeCall(run: Run, { span }: Step, call: ModelCallData): void {
  const attributes = modelCallAttributes(call, run.handed);
  span.setAttributes(attributes);
  const { error, messages } = call.answer;
  const isComplete = call.answer.isComplete || run.handed?.isComplete === true;
  if (error !== undefined) span.raw.setStatus({ code: SpanStatusCode.ERROR, message: error });
  else if (isComplete) span.raw.setStatus({ code: SpanStatusCode.OK });
  const asked = messages
    .flatMap(({ parts }) => recordsIn(parts))
    .filter(({ type }) => type === 'tool_call');
  if (run.parent !== undefined) run.parent.calls = [...asked];
  // What the agents around it were asked and came to, up to the tool that they are called by.
  for (let at = run.parent; at !== undefined && at.kind !== Kind.TOOL; at = at.parent) {
    if (at.kind !== Kind.AGENT || at.step === undefined) continue;
    const input = at.hasInput === true ? {} : pick(attributes, 'input');
    at.hasInput = true;
    at.step.span.setAttributes({ ...input, ...pick(attributes, 'output') });
  }
}

export function writeStep(run: Run, { span }: Step, data: SpanData): void {
  span.setAttributes(stepAttributes(data));
  if (data.type === 'handoff') span.raw.updateName(nameOf(data));
  if (data.type !== 'function') return;
  // The span of a tool doesn't say which call it answers: the first one with its name and arguments.
  const calls = run.parent?.calls ?? [];
  const at = calls.findIndex(
    (call) => call['name'] === data['name'] && call['arguments'] === data['input'],
  );
  const [call] = at === -1 ? [] : calls.splice(at, 1);
  span.setAttribute(S.TOOL_CALL_ID, call?.['id']);
}

function pick(attributes: JsonRecord, side: 'input' | 'output'): JsonRecord {
  return {
    [`${side}.value`]: attributes[`${side}.value`],
    [`${side}.mime_type`]: attributes[`${side}.mime_type`],
  };
}

/** Spans whose error messages are the SDK's; those of others are what was thrown. */
const WITH_FIXED_MESSAGE: ReadonlySet<string> = new Set(['agent', 'function', 'task', 'turn']);

/** The SDK's message with the reason, which may quote content. */
export function failureText(
  { message, data }: NonNullable<SdkSpan['error']>,
  type: string,
  isWithheld: boolean,
): string {
  if (isWithheld) return WITH_FIXED_MESSAGE.has(type) ? message : 'failed';
  const reason = asText(data?.['error']);
  return reason === undefined || reason === 'Error' ? message : `${message}: ${reason}`;
}

/**
 * What a workflow failed with: the class of what was thrown, and the message of its last run, since the
 * error's own may be content that the run was asked to leave out.
 */
export function failureOf(error: unknown, reported: string | undefined): unknown {
  if (!(error instanceof Error)) return { message: reported ?? 'failed' };
  const name = error.constructor.name;
  return { name, message: reported ?? name };
}
