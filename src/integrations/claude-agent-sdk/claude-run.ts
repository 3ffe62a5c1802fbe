import type { Context, Tracer } from '@opentelemetry/api';
import { SemanticConventions as S } from '@arizeai/openinference-semantic-conventions';
import {
  asFiniteNumber,
  asText,
  isRecord,
  type JsonRecord,
} from '../../mapping/read-attributes.js';
import { abandonStep, failStep, inSession, startStep } from '../agent-steps.js';
import { recordsIn } from '../call-attributes.js';
import { resultText } from '../anthropic/messages.js';
import { closeAtShutdown } from '../open-spans.js';
import { ClaudeScopes } from './claude-scopes.js';
import { ClaudeUsage } from './claude-usage.js';

export interface ClaudeRunOptions {
  readonly around: Context;
  /** What was asked, where it is text; messages that stream in arrive by `prompted()`. */
  readonly prompt: string | undefined;
  /** Whether Claude Code sends spans with the counts by itself. */
  readonly countsElsewhere: boolean;
  /** A session that goes on: the first totals include what was billed before. */
  readonly isResumed: boolean;
}

/**
 * The spans of one `query()`, put together from the messages that Claude Code writes: the run
 * (AGENT), one LLM span for each message of the API, tools, and sub-agents below their tool.
 *
 * Facts of Claude Code 2.1 (run against a local provider): a message of the API arrives in pieces
 * with the same id, each repeating its usage with a placeholder for the output; the exact counts
 * are in `stream_event.message_delta`, which comes for the main loop alone; those of sub-agents are
 * the remainder of `result.modelUsage`. A failed run has `subtype: 'success'`, `is_error: true`.
 */
export class ClaudeRun {
  readonly #around: Context;
  readonly #usage: ClaudeUsage;
  readonly #scopes: ClaudeScopes;
  readonly #forget: () => void;
  #session: string | undefined;
  #hasInput: boolean;
  #hasResult = false;
  #hasFailed = false;
  #isOver = false;

  constructor(tracer: Tracer | undefined, options: ClaudeRunOptions) {
    const { around, prompt, countsElsewhere, isResumed } = options;
    this.#around = around;
    this.#usage = new ClaudeUsage(tracer, { countsElsewhere, isResumed });
    const step = startStep(tracer, {
      name: 'claude.query',
      kind: 'AGENT',
      around,
      attributes: { [S.LLM_SYSTEM]: 'anthropic' },
    });
    this.#scopes = new ClaudeScopes(tracer, step, this.#usage);
    this.#hasInput = false;
    if (prompt !== undefined) this.prompted({ role: 'user', content: prompt });
    this.#forget = closeAtShutdown(step.span, () => this.finish());
  }

  /** Of what runs inside the run: Claude Code takes its `TRACEPARENT` from it. */
  get context(): Context {
    return this.#scopes.main.step.context;
  }

  get isRecording(): boolean {
    return this.#scopes.main.step.span.raw.isRecording();
  }

  /** A message that was sent to Claude. */
  prompted(message: unknown): void {
    if (!isRecord(message)) return;
    this.#scopes.main.messages.push(message);
    this.#scopes.main.sinceMillis = Date.now();
    if (!this.#hasInput) this.#scopes.main.step.span.setInput(resultText(message['content']));
    this.#hasInput = true;
  }

  /** A message of Claude Code's. */
  see(message: unknown): void {
    if (this.#isOver || !isRecord(message)) return;
    const session = asText(message['session_id']);
    if (session !== undefined && this.#session === undefined) {
      this.#session = session;
      this.#scopes.main.step = inSession(this.#scopes.main.step, this.#around, session);
    }
    switch (message['type']) {
      case 'stream_event':
        return this.#seeEvent(message);
      case 'assistant':
        return this.#seeAssistant(message);
      case 'user':
        return this.#seeUser(message);
      case 'system':
        return this.#seeSystem(message);
      case 'result':
        return this.#seeResult(message);
      default:
    }
  }

  /** The output of Claude Code ended, which it does with a result. */
  finishOutput(): void {
    this.finish(this.#hasResult ? undefined : { message: 'Claude Code ended without a result.' });
  }

  /** Ends what is open. Without an error and without a result, nobody has read the run to its end. */
  finish(error?: unknown): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#forget();
    this.#scopes.sealAll();
    this.#usage.close();
    this.#scopes.abandonTools();
    const { step } = this.#scopes.main;
    if (error !== undefined && !this.#hasFailed) step.span.fail(error);
    if (error !== undefined || this.#hasResult) step.span.end();
    else abandonStep(step);
  }

  #seeEvent(message: JsonRecord): void {
    const event = isRecord(message['event']) ? message['event'] : {};
    const scope = this.#scopes.of(message);
    switch (event['type']) {
      case 'message_start':
        if (isRecord(event['message'])) this.#scopes.call(scope, event['message']);
        break;
      case 'message_delta':
        scope.call?.count(event['usage'], event['delta']);
        break;
      default:
        scope.call?.touch();
    }
  }

  #seeAssistant(message: JsonRecord): void {
    const answer = isRecord(message['message']) ? message['message'] : {};
    // What Claude Code says by itself, of an API that failed.
    if (answer['model'] === '<synthetic>') return;
    const scope = this.#scopes.of(message);
    const blocks = recordsIn(answer['content']);
    this.#scopes.call(scope, answer).add(blocks, answer);
    for (const block of blocks)
      if (block['type'] === 'tool_use') this.#scopes.startTool(scope, block);
  }

  #seeUser(message: JsonRecord): void {
    const sent = isRecord(message['message']) ? message['message'] : {};
    const results = recordsIn(sent['content']).filter(({ type }) => type === 'tool_result');
    if (results.length === 0) {
      // A repeated prompt, used where `prompted()` was not called.
      if (!this.#hasInput && message['parent_tool_use_id'] == null) this.prompted(sent);
      return;
    }
    const scope = this.#scopes.of(message);
    this.#scopes.seal(scope);
    scope.messages.push(sent);
    scope.sinceMillis = Date.now();
    // A sub-agent in the background: its tool answers at once, and it ends with a notification.
    if (isLaunch(message['tool_use_result'])) return;
    for (const result of results) {
      const text = resultText(result['content']);
      const failure = result['is_error'] === true ? text : undefined;
      this.#scopes.answerTool(result['tool_use_id'], text, failure);
    }
  }

  #seeSystem(message: JsonRecord): void {
    if (message['subtype'] === 'init') this.#scopes.main.sinceMillis = Date.now();
    if (message['subtype'] !== 'task_notification') return;
    const status = asText(message['status']) ?? 'failed';
    const failure = status === 'completed' ? undefined : status;
    this.#scopes.answerTool(message['tool_use_id'], asText(message['summary']), failure);
  }

  #seeResult(message: JsonRecord): void {
    this.#hasResult = true;
    this.#scopes.sealAll();
    this.#usage.settle(message['modelUsage'], this.context);
    const { step } = this.#scopes.main;
    const { result, subtype, errors } = message;
    step.span.setOutput(result ?? message['structured_output']);
    const cost = asFiniteNumber(message['total_cost_usd']);
    if (this.#usage.isWhole) step.span.setAttribute('llm.cost.total', cost);
    if (message['is_error'] !== true && subtype === 'success') return;
    this.#hasFailed = true;
    const said = Array.isArray(errors) && errors.length > 0 ? errors.join('\n') : asText(result);
    if (subtype !== 'success') step.span.setStopReason(asText(subtype) ?? 'error');
    failStep(step, said ?? asText(subtype) ?? 'error');
  }
}

function isLaunch(result: unknown): boolean {
  const status = isRecord(result) ? asText(result['status']) : undefined;
  return status?.endsWith('_launched') ?? false;
}
