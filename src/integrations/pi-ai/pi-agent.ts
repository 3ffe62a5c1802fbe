import { context as contextApi, type Tracer } from '@opentelemetry/api';
import { asText } from '../../mapping/read-attributes.js';
import { AgentRun, toolFailure } from '../agent-run.js';
import { aroundMethod, callIn, guard, isMethod, seeEnd, type Unpatch } from '../integration.js';
import { recordIn, recordsIn } from '../messages.js';

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
    this.joinSession(recordIn(agent)['sessionId']);
    this.span.setInput(prompt);
    const listener = (event: unknown): void => guard(() => this.#see(event));
    this.#unsubscribe = callIn(recordIn(agent), 'subscribe', listener);
  }

  override ended(failure = this.#failure): void {
    super.ended(failure);
  }

  protected override beforeEnd(): void {
    if (isMethod(this.#unsubscribe)) this.#unsubscribe();
  }

  #see(event: unknown): void {
    const { type, toolCallId: id, toolName, args, result, isError, messages } = recordIn(event);
    switch (type) {
      case 'tool_execution_start':
        this.tools.start(this.context, id, toolName, args);
        break;
      case 'tool_execution_end': {
        // What a tool returns to the model; its `details` are for the application.
        const { content } = recordIn(result);
        const output = content === undefined ? result : textOf(content);
        this.tools.end(id, output, toolFailure(isError === true, output));
        break;
      }
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

function textOf(content: unknown): string | undefined {
  const texts = recordsIn(content).flatMap(({ type, text }) => (type === 'text' ? [text] : []));
  return texts.length > 0 ? texts.join('\n') : undefined;
}
