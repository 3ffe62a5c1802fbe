import { trace } from '@opentelemetry/api';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { agentSpan, manualSpan } from '../../src/index.js';
import { instrumentElevenLabs } from '../../src/elevenlabs.js';
import { collectSpans, failed, type CollectedRun } from './collect-spans.js';
import { startAgentServer, type AgentServer } from './elevenlabs-server.js';
import { loadAgentSdk } from './installations.js';
import { traceIds } from './scenarios.js';
import { only, treeOf } from './span-tree.js';

type Json = Readonly<Record<string, unknown>>;
type Tool = (parameters: Json) => unknown;
/** A conversation of either package, as these tests use it. */
interface Talk {
  say(text: string): void;
  /** Sends audio, of which the server hears this text. */
  speak(text: string): void;
  end(): unknown;
}
type Start = (
  server: AgentServer,
  tools: Readonly<Record<string, Tool>>,
  isVoice?: boolean,
) => Promise<Talk>;

const SETTLE_MILLIS = 150;
const settle = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, SETTLE_MILLIS));

let server: AgentServer;
let seenBelow: string | undefined;
const TOOLS: Readonly<Record<string, Tool>> = {
  weather: ({ city }) => {
    seenBelow = trace.getActiveSpan()?.spanContext().spanId;
    return `21 degrees (${String(city)})`;
  },
  broken: () => {
    throw new Error('tool went wrong');
  },
};

interface Connection {
  sendMessage(message: Json): void;
}
/** Where each platform sets up how it records and plays; in a browser by its media. */
interface ClientInternals {
  setSetupStrategy(strategy: ((options: Json) => Promise<unknown>) | undefined): void;
  createConnection(options: Json): Promise<Connection>;
}

const client: Start = async ({ origin }, clientTools, isVoice = false) => {
  const internals = (await loadAgentSdk('elevenlabsClient', 'dist/internal.js')) as ClientInternals;
  let connection: Connection | undefined;
  const nothing = { close: () => Promise.resolve(), interrupt: () => {} };
  internals.setSetupStrategy(async (options) => {
    connection = await internals.createConnection(options);
    const detach = (): Promise<void> => Promise.resolve();
    return { connection, input: nothing, output: nothing, playbackEventTarget: null, detach };
  });
  const { Conversation } = (await loadAgentSdk('elevenlabsClient')) as {
    Conversation: {
      startSession(
        options: Json,
      ): Promise<{ sendUserMessage(text: string): void; endSession(): Promise<void> }>;
    };
  };
  const options = {
    agentId: 'agent_1',
    userId: 'u-1',
    connectionType: 'websocket',
    textOnly: !isVoice,
    origin,
    clientTools,
  };
  const talk = await Conversation.startSession(options);
  return {
    say: (text) => talk.sendUserMessage(text),
    speak: (text) =>
      connection?.sendMessage({ user_audio_chunk: Buffer.from(text).toString('base64') }),
    end: () => talk.endSession(),
  };
};

const FILE = 'api/resources/conversationalAi/conversation/index.js';
interface JsModule {
  Conversation: new (options: Json) => {
    startSession(): Promise<void>;
    sendUserMessage(text: string): void;
    endSession(): void;
    on(event: string, listener: () => void): void;
  };
  ClientTools: new () => { register(name: string, tool: Tool): void };
}
const js: Start = async ({ origin, WebSocket }, tools) => {
  const { Conversation, ClientTools } = (await loadAgentSdk('elevenlabsJs', FILE)) as JsModule;
  const clientTools = new ClientTools();
  for (const [name, tool] of Object.entries(tools)) clientTools.register(name, tool);
  let hear: ((audio: Buffer) => void) | undefined;
  const audioInterface = {
    start: (callback: (audio: Buffer) => void) => (hear = callback),
    stop: () => {},
    output: () => {},
    interrupt: () => {},
  };
  const webSocketFactory = { create: () => new WebSocket(origin) };
  const config = {
    userId: 'u-1',
    extraBody: {},
    conversationConfigOverride: {},
    dynamicVariables: {},
  };
  const talk = new Conversation({
    agentId: 'agent_1',
    requiresAuth: false,
    audioInterface,
    clientTools,
    webSocketFactory,
    config,
  });
  await talk.startSession();
  await settle();
  return {
    say: (text) => talk.sendUserMessage(text),
    speak: (text) => hear?.(Buffer.from(text)),
    end: () => talk.endSession(),
  };
};

beforeEach(async () => {
  server = await startAgentServer();
  seenBelow = undefined;
  Reflect.set(globalThis, 'WebSocket', server.WebSocket);
});
afterEach(() => server.close());

describe.each([
  ['@elevenlabs/client', client, () => loadAgentSdk('elevenlabsClient')],
  ['@elevenlabs/elevenlabs-js', js, () => loadAgentSdk('elevenlabsJs', FILE)],
] as const)('%s', (_name, start, load) => {
  async function run(scenario: () => Promise<unknown>): Promise<CollectedRun> {
    const elevenlabs = await load();
    return collectSpans({ modules: { elevenlabs } }, scenario);
  }

  it('is a conversation with turns and tools', async () => {
    const { spans, results } = await run(async () => {
      const talk = await start(server, TOOLS);
      talk.say('weather in Oslo');
      await settle();
      talk.say('thanks');
      await settle();
      await talk.end();
    });
    expect(results).toContainEqual({ name: 'elevenlabs', status: 'installed', installed: true });
    expect(treeOf(spans)).toEqual([
      'elevenlabs.conversation AGENT',
      '  elevenlabs.turn CHAIN',
      '    weather TOOL',
      '    kb_lookup TOOL',
      '  elevenlabs.turn CHAIN',
    ]);
    const conversation = only(spans, 'elevenlabs.conversation');
    expect(conversation.attributes).toMatchObject({
      'session.id': 'conv_1',
      'agent.id': 'agent_1',
      'user.id': 'u-1',
      'input.value': 'weather in Oslo',
      'output.value': 'Sure.',
      'agent.outcome': 'success',
    });
    expect(conversation.events.map(({ name }) => name)).toEqual(['interruption']);
    const turns = spans.filter(({ name }) => name === 'elevenlabs.turn');
    expect(
      turns.map(({ attributes }) => [attributes['input.value'], attributes['output.value']]),
    ).toEqual([
      ['weather in Oslo', 'It is'],
      ['thanks', 'Sure.'],
    ]);
    expect(only(spans, 'weather').attributes).toMatchObject({
      'tool_call.id': 'call_1',
      'input.value': '{"city":"Oslo"}',
      'output.value': '21 degrees (Oslo)',
    });
    expect(seenBelow).toBe(only(spans, 'weather').spanContext().spanId);
    expect(only(spans, 'kb_lookup').attributes).toMatchObject({
      'tool_call.id': 'srv_1',
      metadata: '{"tool_type":"webhook"}',
    });
    expect(new Set(spans.map(({ attributes }) => attributes['session.id']))).toEqual(
      new Set(['conv_1']),
    );
    expect(JSON.stringify(spans.map(({ attributes }) => attributes))).not.toContain('token_count');
    expect(server.toolResults).toMatchObject([{ result: '21 degrees (Oslo)', is_error: false }]);
  });

  it('is the same by voice', async () => {
    const { spans } = await run(async () => {
      const talk = await start(server, TOOLS, true);
      talk.speak('weather in Oslo');
      await settle();
      await talk.end();
    });
    expect(treeOf(spans)).toEqual([
      'elevenlabs.conversation AGENT',
      '  elevenlabs.turn CHAIN',
      '    weather TOOL',
      '    kb_lookup TOOL',
    ]);
    expect(only(spans, 'elevenlabs.turn').attributes).toMatchObject({
      'input.value': 'weather in Oslo',
      'output.value': 'It is',
    });
    expect(only(spans, 'elevenlabs.conversation').attributes).toMatchObject({
      'session.id': 'conv_1',
      'agent.outcome': 'success',
    });
  });

  it('says which tool failed, and leaves its answer as it is', async () => {
    const { spans } = await run(async () => {
      const talk = await start(server, TOOLS);
      talk.say('break');
      await settle();
      await talk.end();
    });
    expect(failed(spans).map(({ name }) => name)).toEqual(['broken']);
    expect(server.toolResults).toMatchObject([{ is_error: true }]);
    expect(JSON.stringify(server.toolResults)).toContain('tool went wrong');
  });

  it('is ERROR when the agent crashes', async () => {
    const { spans } = await run(async () => {
      const talk = await start(server, TOOLS);
      talk.say('crash');
      await settle();
      await talk.end();
    });
    const conversation = only(spans, 'elevenlabs.conversation');
    expect(conversation.status.code).toBe(2);
    expect(conversation.status.message).toContain('agent crashed');
  });

  it('is closed at shutdown without a goodbye', async () => {
    const { spans } = await run(async () => {
      const talk = await start(server, TOOLS);
      talk.say('thanks');
      await settle();
    });
    expect(treeOf(spans)).toEqual(['elevenlabs.conversation AGENT', '  elevenlabs.turn CHAIN']);
    expect(spans.every(({ ended }) => ended)).toBe(true);
    expect(only(spans, 'elevenlabs.conversation').attributes['agent.outcome']).toBe('abandoned');
  });

  it('belongs to the session around it', async () => {
    const { spans } = await run(() =>
      agentSpan({ agentId: 'outer', sessionId: 's-1' }, () =>
        manualSpan({ spanName: 'talk' }, async () => {
          const talk = await start(server, TOOLS);
          talk.say('thanks');
          await settle();
          await talk.end();
        }),
      ),
    );
    expect(traceIds(spans).size).toBe(1);
    expect(new Set(spans.map(({ attributes }) => attributes['session.id']))).toEqual(
      new Set(['s-1']),
    );
  });
});

it('follows a conversation whose first start failed', async () => {
  const elevenlabs = (await loadAgentSdk('elevenlabsJs', FILE)) as JsModule;
  const getSignedUrl = vi
    .fn()
    .mockRejectedValueOnce(new Error('no network'))
    .mockResolvedValue({ signedUrl: server.origin });
  const { spans } = await collectSpans({ modules: { elevenlabs } }, async () => {
    const talk = new elevenlabs.Conversation({
      agentId: 'agent_1',
      requiresAuth: true,
      conversationClient: { conversationalAi: { conversations: { getSignedUrl } } },
      audioInterface: { start: () => {}, stop: () => {}, output: () => {}, interrupt: () => {} },
      webSocketFactory: { create: (url: string) => new server.WebSocket(url) },
      client: {},
    });
    await expect(talk.startSession()).rejects.toThrow('no network');
    await talk.startSession();
    await settle();
    talk.sendUserMessage('thanks');
    await settle();
    talk.endSession();
  });
  expect(treeOf(spans)).toEqual([
    'elevenlabs.conversation AGENT',
    'elevenlabs.conversation AGENT',
    '  elevenlabs.turn CHAIN',
  ]);
  expect(failed(spans)).toHaveLength(1);
});

it('tells what is none of its modules', async () => {
  await collectSpans({}, () => {
    expect(() => instrumentElevenLabs({})).toThrow('ElevenLabs');
    return Promise.resolve();
  });
});
