import { initializeLogger, type llm, voice } from '@livekit/agents';

/** A turn of a session: what the user says, or something to do with the running session. */
export type Turn = string | ((session: voice.AgentSession) => Promise<unknown>);

export interface SessionRunOptions {
  readonly agent: voice.Agent;
  /** Absent: the agents bring models of their own. */
  readonly llm?: llm.LLM | llm.RealtimeModel;
  readonly turns: readonly Turn[];
  /** Wins over everything that the run would set. */
  readonly sessionOptions?: voice.AgentSessionOptions;
  /** Runs before `session.start()`, for listeners and `observe`. */
  readonly onSession?: (session: voice.AgentSession) => void;
  /** Default true. Without it the session stays open and its `agent_session` span never ends. */
  readonly close?: boolean;
  /** Default true. Without a listener for `error` LiveKit tries no model call a second time. */
  readonly listenForErrors?: boolean;
}

/** What a session told its application. */
export interface SessionRun {
  readonly session: voice.AgentSession;
  readonly errors: readonly voice.ErrorEvent[];
  /** Every item of the conversation, in order. */
  readonly items: readonly llm.ChatItem[];
  readonly closeReason: string | undefined;
}

/** Keeps LiveKit's log away from the output. LiveKit refuses to run before a logger is made. */
export function quietLiveKit(): void {
  initializeLogger({ pretty: false, level: 'silent' });
}

/** Runs a real `AgentSession` on text alone: no room, no audio, every turn waited for. */
export async function runTextSession(options: SessionRunOptions): Promise<SessionRun> {
  return runSession(options, async (session, turn) => {
    if (typeof turn !== 'string') return turn(session);
    // `run` settles when the whole reply is done: tools, handoffs, `onEnter` of the next agent.
    // What went wrong reaches the session's `error` event, as it does for an application.
    return session
      .run({ userInput: turn })
      .wait()
      .catch(() => undefined);
  });
}

/** The part that text, voice and realtime sessions share. */
export async function runSession(
  options: SessionRunOptions,
  takeTurn: (session: voice.AgentSession, turn: Turn) => Promise<unknown>,
): Promise<SessionRun> {
  quietLiveKit();
  const session = new voice.AgentSession({
    // Without `null` LiveKit loads the voice activity detector that it ships.
    vad: null,
    userAwayTimeout: null,
    connOptions: { llmConnOptions: { maxRetry: 3, retryIntervalMs: 5, timeoutMs: 10_000 } },
    ...(options.llm === undefined ? {} : { llm: options.llm }),
    ...options.sessionOptions,
  });
  const errors: voice.ErrorEvent[] = [];
  const items: llm.ChatItem[] = [];
  let closeReason: string | undefined;
  if (options.listenForErrors !== false) {
    session.on(voice.AgentSessionEventTypes.Error, (event) => errors.push(event));
  }
  session.on(voice.AgentSessionEventTypes.ConversationItemAdded, (event) => items.push(event.item));
  session.on(voice.AgentSessionEventTypes.Close, (event) => (closeReason = event.reason));
  options.onSession?.(session);

  await session.start({ agent: options.agent });
  for (const turn of options.turns) await takeTurn(session, turn);
  if (options.close !== false) await session.close();
  return { session, errors, items, closeReason };
}
