import type { Tracer } from '@opentelemetry/api';
import {
  asFiniteNumber,
  asText,
  isRecord,
  recordIn,
  type JsonRecord,
} from '../../mapping/read-attributes.js';
import { AgentRun } from '../agent-run.js';
import { messagesRequest } from '../anthropic/messages.js';
import { recordsIn, textOf } from '../messages.js';
import { ClaudeCall, ClaudeUsage, countsElsewhere } from './claude-usage.js';
import { abandonStep, endStep, startStep, type Step } from '../step.js';

/** The main loop or a sub-agent: what was said in it, and the message that the model is writing. */
interface Scope {
  readonly step?: Step;
  readonly messages: unknown[];
  /** When the model last got something to answer. */
  sinceMillis: number;
  call?: ClaudeCall | undefined;
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
export class ClaudeRun extends AgentRun {
  readonly #usage: ClaudeUsage;
  readonly #main: Scope = { messages: [], sinceMillis: Date.now() };
  /** By the tool that started it. */
  readonly #subAgents = new Map<string, Scope>();
  #hasSession = false;
  #hasInput = false;
  #hasResult = false;
  #hasFailed = false;

  /**
   * `prompt`: what was asked, where it is text; messages that stream in arrive by `prompted()`. `env`:
   * of Claude Code. `isResumed`: the first totals include what was billed before.
   */
  constructor(
    tracer: Tracer | undefined,
    step: Step,
    prompt: unknown,
    env: JsonRecord,
    isResumed: boolean,
  ) {
    super(tracer, step);
    this.#usage = new ClaudeUsage(tracer, countsElsewhere(env), isResumed);
    if (typeof prompt === 'string') this.prompted({ role: 'user', content: prompt });
  }

  prompted(message: unknown): void {
    if (!isRecord(message)) return;
    this.#main.messages.push(message);
    this.#main.sinceMillis = Date.now();
    if (!this.#hasInput) this.span.setInput(textOf(message['content']));
    this.#hasInput = true;
  }

  see(message: unknown): void {
    if (this.isOver || !isRecord(message)) return;
    const session = asText(message['session_id']);
    if (!this.#hasSession) this.joinSession(session);
    this.#hasSession ||= session !== undefined;
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
    if (error === undefined) this.abandon();
    else if (this.#hasFailed) this.ended();
    else this.failed(error);
  }

  override abandon(): void {
    if (this.#hasResult) this.ended();
    else super.abandon();
  }

  protected override beforeEnd(): void {
    this.#sealAll();
    this.#usage.close();
    for (const { step } of this.#subAgents.values()) if (step !== undefined) abandonStep(step);
  }

  #seeEvent(message: JsonRecord): void {
    const event = recordIn(message['event']);
    const scope = this.#scopeOf(message);
    switch (event['type']) {
      case 'message_start':
        if (isRecord(event['message'])) this.#callOf(scope, event['message']);
        break;
      case 'message_delta':
        scope.call?.count(event['usage'], event['delta']);
        break;
      default:
        scope.call?.touch();
    }
  }

  #seeAssistant(message: JsonRecord): void {
    const answer = recordIn(message['message']);
    // What Claude Code says by itself, of an API that failed.
    if (answer['model'] === '<synthetic>') return;
    const scope = this.#scopeOf(message);
    const blocks = recordsIn(answer['content']);
    this.#callOf(scope, answer).add(blocks, answer);
    for (const { type, id, name, input } of blocks)
      if (type === 'tool_use')
        this.tools.start(scope.step?.context ?? this.context, id, name, input);
  }

  #seeUser(message: JsonRecord): void {
    const sent = recordIn(message['message']);
    const results = recordsIn(sent['content']).filter(({ type }) => type === 'tool_result');
    if (results.length === 0) {
      // A repeated prompt, used where `prompted()` was not called.
      if (!this.#hasInput && message['parent_tool_use_id'] == null) this.prompted(sent);
      return;
    }
    const scope = this.#scopeOf(message);
    this.#seal(scope);
    scope.messages.push(sent);
    scope.sinceMillis = Date.now();
    // A sub-agent in the background: its tool answers at once, and it ends with a notification.
    const status = asText(recordIn(message['tool_use_result'])['status']);
    if (status?.endsWith('_launched') === true) return;
    for (const result of results) {
      const text = textOf(result['content']) ?? '';
      this.#answerTool(result['tool_use_id'], text, result['is_error'] === true ? text : undefined);
    }
  }

  #seeSystem(message: JsonRecord): void {
    if (message['subtype'] === 'init') this.#main.sinceMillis = Date.now();
    if (message['subtype'] !== 'task_notification') return;
    const status = asText(message['status']) ?? 'failed';
    const failure = status === 'completed' ? undefined : status;
    this.#answerTool(message['tool_use_id'], asText(message['summary']), failure);
  }

  #seeResult(message: JsonRecord): void {
    this.#hasResult = true;
    this.#sealAll();
    this.#usage.settle(message['modelUsage'], this.context);
    const { result, subtype, errors } = message;
    this.span.setOutput(result ?? message['structured_output']);
    const cost = asFiniteNumber(message['total_cost_usd']);
    if (this.#usage.isWhole) this.span.setAttribute('llm.cost.total', cost);
    if (message['is_error'] !== true && subtype === 'success') return;
    this.#hasFailed = true;
    const said = Array.isArray(errors) && errors.length > 0 ? errors.join('\n') : asText(result);
    if (subtype !== 'success') this.span.setStopReason(asText(subtype) ?? 'error');
    this.span.fail({ message: said ?? asText(subtype) ?? 'error' });
  }

  /** Whose message it is: a sub-agent's span starts with its first one. */
  #scopeOf(message: JsonRecord): Scope {
    const id = asText(message['parent_tool_use_id']);
    const known = id === undefined ? this.#main : this.#subAgents.get(id);
    if (id === undefined || known !== undefined) return known ?? this.#main;
    const tool = this.tools.get(id);
    const asked = recordIn(tool?.input);
    const name = asText(message['subagent_type']) ?? asText(asked['subagent_type']) ?? 'subagent';
    const step = startStep(this.tracer, {
      name,
      kind: 'AGENT',
      around: tool?.context ?? this.context,
      startMillis: tool?.startMillis,
      agentName: name,
    });
    const prompt = asText(asked['prompt']);
    step.span.setInput(prompt);
    const messages = prompt === undefined ? [] : [{ role: 'user', content: prompt }];
    const sinceMillis = tool?.startMillis ?? Date.now();
    const scope: Scope = { step, messages, sinceMillis };
    this.#subAgents.set(id, scope);
    return scope;
  }

  /** The model call that this piece of a message belongs to. */
  #callOf(scope: Scope, message: JsonRecord): ClaudeCall {
    const { call, step, messages, sinceMillis } = scope;
    if (call?.id === (asText(message['id']) ?? '')) return call;
    this.#seal(scope);
    // An earlier prompt's result does not answer this one.
    if (scope === this.#main) this.#hasResult = false;
    const asked = messagesRequest({ model: message['model'], messages }, undefined);
    const request = { ...asked, provider: 'anthropic' };
    const around = step?.context ?? this.context;
    scope.call = new ClaudeCall(this.tracer, message, request, around, sinceMillis);
    return scope.call;
  }

  /** The model has said what it had to say in its turn. */
  #seal(scope: Scope): void {
    const { call } = scope;
    if (call === undefined) return;
    scope.call = undefined;
    scope.messages.push({ role: 'assistant', content: call.blocks });
    this.#usage.take(call);
  }

  #sealAll(): void {
    for (const scope of [this.#main, ...this.#subAgents.values()]) this.#seal(scope);
  }

  #answerTool(id: unknown, output: string | undefined, message: string | undefined): void {
    const failure = message === undefined ? undefined : { message };
    const subAgent = typeof id === 'string' ? this.#subAgents.get(id) : undefined;
    if (typeof id === 'string') this.#subAgents.delete(id);
    if (subAgent?.step !== undefined) {
      this.#seal(subAgent);
      endStep(subAgent.step, output, failure);
    }
    this.tools.end(id, output, failure);
  }
}
