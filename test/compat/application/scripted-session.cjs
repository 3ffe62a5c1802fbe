// The session that every version of LiveKit runs: plain JavaScript on the public API that 1.0 to 1.9
// share. Two agents, a tool, a handoff, and a model that follows a script.

const AGENTS = { first: 'triage_agent', second: 'billing_agent' };
const USER_TURNS = ['How is the weather in Paris?', 'I have a question about my bill.', 'Why?'];
const REPLIES = [
  {
    text: 'Let me look. ',
    call: { name: 'getWeather', args: { city: 'Paris' } },
    usage: [101, 11],
  },
  { text: 'It is 18 degrees in Paris.', usage: [122, 12] },
  { call: { name: 'toBilling', args: {} }, usage: [143, 13] },
  { text: 'It was a deposit.', usage: [164, 14] },
];

/** Runs the session. Its tool opens a span with this package, and one with OpenTelemetry inside. */
async function runSession({ livekit, zod, trace, manualSpan, close = true }) {
  const { initializeLogger, llm, voice } = livekit;
  initializeLogger({ pretty: false, level: 'silent' });

  class ScriptedStream extends llm.LLMStream {
    async run() {
      const reply = REPLIES[this.llmOfStream.played++];
      const id = `reply-${this.llmOfStream.played}`;
      if (reply.text) this.queue.put({ id, delta: { role: 'assistant', content: reply.text } });
      if (reply.call) {
        const { name, args } = reply.call;
        const toolCalls = [
          llm.FunctionCall.create({ callId: `call_${name}`, name, args: JSON.stringify(args) }),
        ];
        this.queue.put({ id, delta: { role: 'assistant', toolCalls } });
      }
      const [promptTokens, completionTokens] = reply.usage;
      const totalTokens = promptTokens + completionTokens;
      this.queue.put({
        id,
        usage: { promptTokens, completionTokens, promptCachedTokens: 0, totalTokens },
      });
    }
  }

  class ScriptedModel extends llm.LLM {
    played = 0;
    label() {
      return 'scripted.LLM';
    }
    get model() {
      return 'scripted-model-1';
    }
    get provider() {
      return 'openai';
    }
    chat({ chatCtx, toolCtx, connOptions }) {
      const stream = new ScriptedStream(this, {
        chatCtx,
        toolCtx,
        connOptions: connOptions ?? { maxRetry: 0, retryIntervalMs: 5, timeoutMs: 10_000 },
      });
      stream.llmOfStream = this;
      return stream;
    }
  }

  const billing = new voice.Agent({ id: AGENTS.second, instructions: 'Answer about bills.' });
  const triage = new voice.Agent({
    id: AGENTS.first,
    instructions: 'Help, or hand over.',
    // A record of tools without names: the one form that every version takes.
    tools: {
      getWeather: llm.tool({
        description: 'Get the weather for a city',
        parameters: zod.z.object({ city: zod.z.string() }),
        execute: ({ city }) =>
          manualSpan({ spanName: 'look up the weather' }, () =>
            trace.getTracer('the-application').startActiveSpan('ask the service', async (span) => {
              await new Promise((resolve) => setTimeout(resolve, 5));
              span.end();
              return { city, celsius: 18 };
            }),
          ),
      }),
      toBilling: llm.tool({
        description: 'Hand over to billing',
        execute: async () => llm.handoff({ agent: billing }),
      }),
    },
  });

  const model = new ScriptedModel();
  const session = new voice.AgentSession({ llm: model, vad: null, userAwayTimeout: null });
  const errors = [];
  session.on('error', (event) => errors.push(String(event.error)));
  await session.start({ agent: triage });
  for (const userInput of USER_TURNS) await session.run({ userInput }).wait();
  if (close) await session.close();
  return { played: model.played, scripted: REPLIES.length, errors };
}

/** Sends everything, prints what became of it for the test to read, and ends the process. */
async function report(outcome, tracing) {
  const delivered = await tracing.shutdown();
  const { installResults } = tracing;
  console.log(JSON.stringify({ ...outcome, delivered, installResults }));
  // LiveKit's native libraries keep some versions alive.
  process.exit(0);
}

module.exports = { report, runSession };
