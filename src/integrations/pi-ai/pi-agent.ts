import { context as contextApi, type Tracer } from '@opentelemetry/api';
import { asText, isRecord, type JsonRecord } from '../../mapping/read-attributes.js';
import {
  abandonStep,
  failStep,
  inSession,
  ownSession,
  startStep,
  startTool,
  type Step,
} from '../agent-steps.js';
import { recordsIn } from '../call-attributes.js';
import { guard } from '../model-call.js';
import { closeAtShutdown } from '../open-spans.js';
import { isMethod, patchMethod, type Unpatch } from '../patch-method.js';

/** `Agent` of `pi-agent-core`: a run is an AGENT span around its model calls, with its tools. */
export function patchAgent(prototype: object | undefined, tracer: Tracer): readonly Unpatch[] {
  if (prototype === undefined) return [];
  return ['prompt', 'continue'].map((method) =>
    patchMethod(
      prototype,
      method,
      (original) =>
        function (this: unknown, ...args: readonly unknown[]): unknown {
          const run = guard(() => new AgentRun(this, args[0], tracer));
          const call = (): unknown => Reflect.apply(original, this, args);
          return run === undefined ? call() : run.follow(call);
        },
    ),
  );
}

class AgentRun {
  readonly #tracer: Tracer;
  readonly #step: Step;
  readonly #tools = new Map<string, Step>();
  readonly #unsubscribe: unknown;
  readonly #forget: () => void;

  constructor(agent: unknown, prompt: unknown, tracer: Tracer) {
    this.#tracer = tracer;
    const around = contextApi.active();
    const step = startStep(tracer, { name: 'pi.agent', kind: 'AGENT', around });
    const session = isRecord(agent) ? asText(agent['sessionId']) : undefined;
    this.#step = session === undefined ? step : inSession(step, ownSession(around, session));
    step.span.setInput(prompt);
    const subscribe = isRecord(agent) ? agent['subscribe'] : undefined;
    const listener = (event: unknown): void => guard(() => this.#see(event));
    this.#unsubscribe = isMethod(subscribe)
      ? Reflect.apply(subscribe, agent, [listener])
      : undefined;
    this.#forget = closeAtShutdown(step.span, () => this.#end(abandonStep));
  }

  follow(call: () => unknown): unknown {
    const running = contextApi.with(this.#step.context, call);
    const end = (): void => guard(() => this.#end(({ span }) => span.end()));
    if (!(running instanceof Promise)) {
      end();
      return running;
    }
    return running
      .catch((error: unknown) => {
        this.#step.span.fail(error);
        throw error;
      })
      .finally(end);
  }

  #see(event: unknown): void {
    if (!isRecord(event)) return;
    const id = asText(event['toolCallId']) ?? '';
    const tool = this.#tools.get(id);
    switch (event['type']) {
      case 'tool_execution_start': {
        const call = { name: asText(event['toolName']) ?? 'tool', id, input: event['args'] };
        this.#tools.set(id, startTool(this.#tracer, this.#step.context, call));
        break;
      }
      case 'tool_execution_end':
        if (tool === undefined) break;
        this.#tools.delete(id);
        tool.span.setOutput(outputOf(event['result']));
        if (event['isError'] === true) failStep(tool, String(outputOf(event['result'])));
        tool.span.end();
        break;
      case 'agent_end':
        this.#seeEnd(recordsIn(event['messages']).at(-1));
        break;
      default:
    }
  }

  #seeEnd(last: JsonRecord | undefined): void {
    if (last === undefined) return;
    this.#step.span.setOutput(textOf(last['content']));
    if (last['stopReason'] === 'aborted') this.#step.span.setOutcome('aborted');
    if (last['stopReason'] === 'error')
      failStep(this.#step, asText(last['errorMessage']) ?? 'error');
  }

  #end(end: (step: Step) => void): void {
    this.#forget();
    if (isMethod(this.#unsubscribe)) this.#unsubscribe();
    for (const tool of this.#tools.values()) abandonStep(tool);
    end(this.#step);
  }
}

/** What a tool tells the model; its `details` are for the application. */
function outputOf(result: unknown): unknown {
  const content = isRecord(result) ? result['content'] : undefined;
  return content === undefined ? result : textOf(content);
}

function textOf(content: unknown): string | undefined {
  const texts = recordsIn(content).flatMap(({ type, text }) => (type === 'text' ? [text] : []));
  return texts.length > 0 ? texts.join('\n') : undefined;
}
