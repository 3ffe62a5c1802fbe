import type { Attributes } from '@opentelemetry/api';
import { Conversation } from './conversation.js';
import { createRandom } from './random.js';
import { createTextSource, type Alphabet } from './text.js';
import { planTurn } from './turn-plan.js';

/** Something LiveKit does to a span, at a moment of the session's own time. */
export type SpanOperation =
  | {
      readonly kind: 'start';
      readonly atMillis: number;
      /** Number of the span in its session; `parent` is another such number. */
      readonly span: number;
      readonly name: string;
      readonly parent: number | undefined;
    }
  | {
      readonly kind: 'set';
      readonly atMillis: number;
      readonly span: number;
      /** Builds the values; its strings are LiveKit's cost, not a tracer's. */
      readonly attributes: () => Attributes;
    }
  | { readonly kind: 'end'; readonly atMillis: number; readonly span: number };

export interface SessionPlan {
  /** In the order of time. */
  readonly operations: readonly SpanOperation[];
  readonly spanCount: number;
  readonly durationMillis: number;
}

export interface SessionPlanOptions {
  readonly turns: number;
  readonly alphabet: Alphabet;
  /** The same seed gives the same session in every process. */
  readonly seed: number;
}

/** What planTurn needs of its session. */
export interface PlanBuilder {
  readonly conversation: Conversation;
  /** The room's sid, as LiveKit puts it: a session is known by it. */
  readonly room: Readonly<Record<string, string>>;
  readonly start: (atMillis: number, name: string, parent?: number) => number;
  readonly set: (atMillis: number, span: number, attributes: () => Attributes) => void;
  readonly end: (atMillis: number, span: number) => void;
}

/** Every call: the user speaks, the agent thinks and answers. */
export const TURN_MILLIS = 10_000;
/** The n-th turns that call a tool, which makes two model calls of one. */
export const TOOL_EVERY_TURNS = 3;

const AGENT_LABEL = { 'lk.agent_label': 'default_agent' };

/**
 * One voice call as LiveKit Agents 1.9 traces it, from `job_entrypoint` to `agent_session`'s end:
 * names, parents, attributes and order as captured from real sessions.
 */
export function createSessionPlan(options: SessionPlanOptions): SessionPlan {
  const random = createRandom(options.seed);
  const conversation = new Conversation(random, createTextSource(random, options.alphabet));
  const operations: SpanOperation[] = [];
  let spanCount = 0;
  const builder: PlanBuilder = {
    conversation,
    room: { 'gen_ai.conversation.id': `RM_bench${String(options.seed).padStart(4, '0')}` },
    start(atMillis, name, parent) {
      const span = spanCount++;
      operations.push({ kind: 'start', atMillis, span, name, parent });
      return span;
    },
    set(atMillis, span, attributes) {
      operations.push({ kind: 'set', atMillis, span, attributes });
    },
    end(atMillis, span) {
      operations.push({ kind: 'end', atMillis, span });
    },
  };

  const job = builder.start(0, 'job_entrypoint');
  builder.set(0, job, () => ({
    'lk.job_id': `AJ_bench${String(options.seed)}`,
    'lk.agent_name': 'support',
    'lk.pii.room_name': 'support-room',
  }));
  const session = builder.start(0, 'agent_session', job);
  builder.set(0, session, () => ({
    'gen_ai.operation.name': 'invoke_workflow',
    'gen_ai.workflow.name': 'agent_session',
    ...AGENT_LABEL,
    ...builder.room,
  }));
  planAgentStart(builder, session);
  builder.end(100, job);
  for (let turn = 0; turn < options.turns; turn++) {
    planTurn(builder, {
      session,
      number: turn,
      startMillis: turn * TURN_MILLIS,
      callsTool: turn % TOOL_EVERY_TURNS === 0,
    });
  }
  const durationMillis = options.turns * TURN_MILLIS;
  planAgentExit(builder, session, durationMillis);
  builder.end(durationMillis, session);
  operations.sort((one, other) => one.atMillis - other.atMillis);
  return { operations, spanCount, durationMillis };
}

/** The same plan with its strings already built. */
export function pregenerate(plan: SessionPlan): SessionPlan {
  const operations = plan.operations.map((operation) => {
    if (operation.kind !== 'set') return operation;
    const attributes = operation.attributes();
    return { ...operation, attributes: () => attributes };
  });
  return { ...plan, operations };
}

function planAgentStart(builder: PlanBuilder, session: number): void {
  const activity = builder.start(0, 'start_agent_activity', session);
  builder.set(0, activity, () => ({
    ...AGENT_LABEL,
    'gen_ai.operation.name': 'create_agent',
    'gen_ai.agent.name': 'default_agent',
    'gen_ai.provider.name': 'openai',
    'gen_ai.request.model': 'gpt-4.1-mini',
    ...builder.room,
  }));
  const enter = builder.start(0, 'on_enter', activity);
  builder.set(0, enter, () => AGENT_LABEL);
  builder.end(50, activity);
  builder.end(50, enter);
}

function planAgentExit(builder: PlanBuilder, session: number, atMillis: number): void {
  const drain = builder.start(atMillis, 'drain_agent_activity', session);
  builder.set(atMillis, drain, () => AGENT_LABEL);
  const exit = builder.start(atMillis, 'on_exit', drain);
  builder.set(atMillis, exit, () => AGENT_LABEL);
  builder.end(atMillis, exit);
  builder.end(atMillis, drain);
}
