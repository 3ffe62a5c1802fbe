import { context as contextApi, type Tracer } from '@opentelemetry/api';
import { asText, isRecord } from '../../mapping/read-attributes.js';
import { AgentRun, seeEnd } from '../agent-run.js';
import { recordsIn } from '../call-attributes.js';
import { guard } from '../model-call.js';
import { aroundMethod, isMethod, type Unpatch } from '../patch-method.js';

/** `Agent` of `pi-agent-core`: a run is an AGENT span around its model calls, with its tools. */
export function patchAgent(prototype: object | undefined, tracer: Tracer): readonly Unpatch[] {
  if (prototype === undefined) return [];
  return ['prompt', 'continue'].map((method) =>
    aroundMethod(prototype, method, (call, args, agent) => {
      const run = guard(() => new PiRun(tracer, agent, args[0]));
      if (run === undefined) return call(...args);
      return seeEnd(
        contextApi.with(run.context, () => call(...args)),
        () => run.ended(),
        (error) => run.failed(error),
      );
    }),
  );
}

class PiRun extends AgentRun {
  readonly #unsubscribe: unknown;
  #failure: string | undefined;

  constructor(tracer: Tracer, agent: unknown, prompt: unknown) {
    super(tracer, { name: 'pi.agent' });
    const { sessionId, subscribe } = isRecord(agent) ? agent : {};
    this.joinSession(sessionId);
    this.span.setInput(prompt);
    const listener = (event: unknown): void => guard(() => this.#see(event));
    if (isMethod(subscribe)) this.#unsubscribe = Reflect.apply(subscribe, agent, [listener]);
  }

  override ended(failure = this.#failure): void {
    super.ended(failure);
  }

  protected override beforeEnd(): void {
    if (isMethod(this.#unsubscribe)) this.#unsubscribe();
  }

  #see(event: unknown): void {
    if (!isRecord(event)) return;
    const { toolCallId: id, result, messages } = event;
    switch (event['type']) {
      case 'tool_execution_start':
        this.tools.start(this.context, id, event['toolName'], event['args']);
        break;
      case 'tool_execution_end':
        this.tools.end(id, outputOf(result), event['isError'] === true);
        break;
      case 'agent_end': {
        const { content, stopReason, errorMessage } = recordsIn(messages).at(-1) ?? {};
        this.span.setOutput(textOf(content));
        if (stopReason === 'aborted') this.span.setOutcome('aborted');
        if (stopReason === 'error') this.#failure = asText(errorMessage) ?? 'error';
        break;
      }
      default:
    }
  }
}

/** What a tool returns to the model; its `details` are for the application. */
function outputOf(result: unknown): unknown {
  const content = isRecord(result) ? result['content'] : undefined;
  return content === undefined ? result : textOf(content);
}

function textOf(content: unknown): string | undefined {
  const texts = recordsIn(content).flatMap(({ type, text }) => (type === 'text' ? [text] : []));
  return texts.length > 0 ? texts.join('\n') : undefined;
}
