import type { Tracer } from '@opentelemetry/api';
import { asText, isRecord, type JsonRecord } from '../../mapping/read-attributes.js';
import { abandonStep, failStep, startStep, startTool, type Step } from '../agent-steps.js';
import { messagesRequest } from '../anthropic/messages.js';
import { ClaudeCall, type Scope } from './claude-call.js';
import type { ClaudeUsage } from './claude-usage.js';

interface Tool extends Step {
  readonly input: unknown;
  readonly startMillis: number;
}

/** The main loop of a run, its open tools, and the sub-agents that tools have started. */
export class ClaudeScopes {
  readonly main: Scope;
  readonly #tracer: Tracer | undefined;
  readonly #usage: ClaudeUsage;
  readonly #tools = new Map<string, Tool>();
  /** By the tool that started it. */
  readonly #subAgents = new Map<string, Scope>();

  constructor(tracer: Tracer | undefined, main: Step, usage: ClaudeUsage) {
    this.#tracer = tracer;
    this.#usage = usage;
    this.main = { step: main, messages: [], sinceMillis: Date.now(), call: undefined };
  }

  /** Whose message it is. */
  of(message: JsonRecord): Scope {
    const id = asText(message['parent_tool_use_id']);
    if (id === undefined) return this.main;
    const known = this.#subAgents.get(id);
    if (known !== undefined) return known;
    const tool = this.#tools.get(id);
    const asked = isRecord(tool?.input) ? tool.input : {};
    const name = asText(message['subagent_type']) ?? asText(asked['subagent_type']) ?? 'subagent';
    const step = startStep(this.#tracer, {
      name,
      kind: 'AGENT',
      around: tool?.context ?? this.main.step.context,
      startMillis: tool?.startMillis,
      identity: { agent: { id: undefined, name, role: undefined } },
    });
    const prompt = asText(asked['prompt']);
    step.span.setInput(prompt);
    const messages = prompt === undefined ? [] : [{ role: 'user', content: prompt }];
    const sinceMillis = tool?.startMillis ?? Date.now();
    const scope: Scope = { step, messages, sinceMillis, call: undefined };
    this.#subAgents.set(id, scope);
    return scope;
  }

  /** The model call that this piece of a message belongs to. */
  call(scope: Scope, message: JsonRecord): ClaudeCall {
    const id = asText(message['id']) ?? '';
    if (scope.call?.id === id) return scope.call;
    this.seal(scope);
    const { messages } = scope;
    const request = messagesRequest({ model: message['model'], messages }, undefined);
    scope.call = new ClaudeCall(this.#tracer, scope, message, {
      ...request,
      provider: 'anthropic',
    });
    return scope.call;
  }

  /** The model has said what it had to say in its turn. */
  seal(scope: Scope): void {
    const { call } = scope;
    if (call === undefined) return;
    scope.call = undefined;
    scope.messages.push({ role: 'assistant', content: call.blocks });
    this.#usage.take(call);
  }

  sealAll(): void {
    for (const scope of [this.main, ...this.#subAgents.values()]) this.seal(scope);
  }

  startTool(scope: Scope, { id, name, input }: JsonRecord): void {
    if (typeof id !== 'string' || this.#tools.has(id)) return;
    const call = { name: asText(name) ?? 'tool', id, input };
    const step = startTool(this.#tracer, scope.step.context, call);
    this.#tools.set(id, { ...step, input, startMillis: Date.now() });
  }

  answerTool(id: unknown, output: string | undefined, failure: string | undefined): void {
    if (typeof id !== 'string') return;
    for (const step of [this.#subAgents.get(id)?.step, this.#tools.get(id)]) {
      step?.span.setOutput(output);
      if (step !== undefined && failure !== undefined) failStep(step, failure);
    }
    this.#endTool(id, ({ span }) => span.end());
  }

  /** Ends the tools that nobody answered; the newest first, as one may be below another. */
  abandonTools(): void {
    for (const id of [...this.#tools.keys()].toReversed()) this.#endTool(id, abandonStep);
    for (const { step } of this.#subAgents.values()) abandonStep(step);
  }

  #endTool(id: string, end: (step: Step) => void): void {
    const subAgent = this.#subAgents.get(id);
    const tool = this.#tools.get(id);
    if (subAgent !== undefined) this.seal(subAgent);
    if (subAgent !== undefined) end(subAgent.step);
    if (tool !== undefined) end(tool);
    this.#tools.delete(id);
    this.#subAgents.delete(id);
  }
}
