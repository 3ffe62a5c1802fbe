import { initializeLogger, type llm, type stt, type tts, voice } from '@livekit/agents';
import { ScriptedMicrophone, ScriptedSpeaker } from './scripted-audio.js';
import { scriptedTurnDetector, ScriptedVAD } from './scripted-vad.js';

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
  /** What LiveKit records of a session within a job. */
  readonly record?: NonNullable<Parameters<voice.AgentSession['start']>[0]['record']>;
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

// LiveKit makes no session, no stream and no microphone before it has a logger, and its log is not
// what a test is about.
initializeLogger({ pretty: false, level: 'silent' });

/** Runs a real `AgentSession` on text alone: no room, no audio, every turn waited for. */
export async function runTextSession(options: SessionRunOptions): Promise<SessionRun> {
  return runSession(options);
}

/** Runs a real `AgentSession` on a realtime model, with text in and a loudspeaker out. */
export async function runRealtimeSession(options: SessionRunOptions): Promise<SessionRun> {
  return runSession({
    ...options,
    onSession: (session) => {
      session.output.audio = new ScriptedSpeaker();
      options.onSession?.(session);
    },
  });
}

async function takeTurn(session: voice.AgentSession, turn: Turn): Promise<unknown> {
  if (typeof turn !== 'string') return turn(session);
  // `run` settles when the whole reply is done: tools, handoffs, `onEnter` of the next agent.
  // What went wrong reaches the session's `error` event, as it does for an application.
  return session
    .run({ userInput: turn })
    .wait()
    .catch(() => undefined);
}

/** The part that text, voice and realtime sessions share. */
async function runSession(options: SessionRunOptions): Promise<SessionRun> {
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

  await session.start({
    agent: options.agent,
    ...(options.record !== undefined && { record: options.record }),
  });
  for (const turn of options.turns) await takeTurn(session, turn);
  if (options.close !== false) await session.close();
  return { session, errors, items, closeReason };
}

/** A voice session in the middle of a turn: the user, and what the user can do. */
export interface VoiceTurn {
  readonly session: voice.AgentSession;
  readonly microphone: ScriptedMicrophone;
}

export interface VoiceRunOptions extends Omit<SessionRunOptions, 'turns'> {
  readonly stt: stt.STT;
  readonly tts: tts.TTS;
  /**
   * What the user does, in order: a number speaks for so many milliseconds and waits until the
   * agent has answered.
   */
  readonly turns: readonly (number | ((turn: VoiceTurn) => Promise<unknown>))[];
}

/** Runs a real `AgentSession` on scripted speech in real time: no room, no audio device. */
export async function runVoiceSession(options: VoiceRunOptions): Promise<SessionRun> {
  const microphone = new ScriptedMicrophone();
  const { stt: ears, tts: mouth, turns, ...rest } = options;
  return runSession({
    ...rest,
    turns: turns.map(
      (turn) => (session: voice.AgentSession) =>
        typeof turn === 'number'
          ? speakAndListen({ session, microphone }, turn)
          : turn({ session, microphone }),
    ),
    sessionOptions: {
      stt: ears,
      tts: mouth,
      vad: new ScriptedVAD(),
      // Interruptions count from the first word on; the default waits three seconds.
      aecWarmupDuration: null,
      turnHandling: {
        turnDetection: scriptedTurnDetector,
        endpointing: { minDelay: 40, maxDelay: 200 },
        interruption: { mode: 'vad', minDuration: 100 },
        preemptiveGeneration: { enabled: false },
      },
      ...options.sessionOptions,
    },
    onSession: (session) => {
      session.input.audio = microphone;
      session.output.audio = new ScriptedSpeaker();
      options.onSession?.(session);
    },
  });
}

/** Settles when the agent has answered and listens again. */
async function speakAndListen({ session, microphone }: VoiceTurn, millis: number): Promise<void> {
  const answered = new Promise<void>((resolve) => {
    let spoke = false;
    const listen = (event: voice.AgentStateChangedEvent): void => {
      spoke ||= event.newState === 'speaking';
      if (!spoke || event.newState !== 'listening') return;
      session.off(voice.AgentSessionEventTypes.AgentStateChanged, listen);
      resolve();
    };
    session.on(voice.AgentSessionEventTypes.AgentStateChanged, listen);
  });
  await microphone.speak(millis);
  await answered;
}
