// One framework (`FRAMEWORK`) alone, below agentSpan, or in a tool of a voice agent (`CASE`). The SDKs
// come from the main file: of the one build that it loads.
const model = 'gpt-4.1-mini';
const baseURL = process.env.PROVIDER_URL;
const user = (content) => [{ role: 'user', content }];

exports.run = async ({ catalyst, api, livekit, plugin, zod, ...sdks }) => {
  const { initializeLogger, llm, voice } = livekit;
  const { z } = zod;
  initializeLogger({ pretty: false, level: 'silent' });
  // OpenAI Agents sends its traces to OpenAI as well, 5 s later: not from a test.
  sdks.agents.setTraceProcessors([]);
  const tracing = await catalyst.setup();
  const client = new sdks.openai.OpenAI({ apiKey: 'no-key', baseURL });
  const schema = z.object({ city: z.string() });
  const execute = {
    getWeather: () => '18 degrees',
    // A span of the application and a model call of its own.
    getTime: async () => {
      api.trace.getTracer('application').startSpan('look up').end();
      // Spans start at whole milliseconds: which came first is to be seen.
      await new Promise((resolve) => setTimeout(resolve, 2));
      await client.chat.completions.create({ model, messages: user('hello') });
      return 'noon';
    },
  };
  const tools = (make) => Object.entries(execute).map(([name, code]) => make(name, code));

  const frameworks = {
    langchain: async () => {
      const { ChatOpenAI, ChatPromptTemplate, StringOutputParser } = sdks;
      const chat = new ChatOpenAI({ model, apiKey: 'no-key', configuration: { baseURL } });
      const [, getTime] = langChainTools();
      return ChatPromptTemplate.fromMessages([['human', '{question}']])
        .pipe(chat)
        .pipe(new StringOutputParser())
        .pipe(async () => getTime.invoke({ city: 'Paris' }))
        .invoke({ question: 'hello' });
    },
    langgraph: async () => {
      const { ChatOpenAI, StateGraph, MessagesAnnotation, ToolNode } = sdks;
      const bound = new ChatOpenAI({
        model,
        apiKey: 'no-key',
        configuration: { baseURL },
      }).bindTools(langChainTools());
      const graph = new StateGraph(MessagesAnnotation)
        .addNode('model', async ({ messages }) => ({ messages: [await bound.invoke(messages)] }))
        .addNode('tools', new ToolNode(langChainTools()))
        .addEdge('__start__', 'model')
        .addConditionalEdges('model', ({ messages }) =>
          messages.at(-1).tool_calls?.length > 0 ? 'tools' : '__end__',
        )
        .addEdge('tools', 'model')
        .compile({ name: 'weather-graph' });
      const { messages } = await graph.invoke(
        { messages: user('tool please') },
        { configurable: { thread_id: 'thread-1' } },
      );
      return messages.at(-1).content;
    },
    langsmith: async () => {
      const { traceable, wrapOpenAI } = sdks;
      const getTime = traceable(execute.getTime, { name: 'getTime', run_type: 'tool' });
      const wrapped = wrapOpenAI(client);
      return traceable(
        async (question) => {
          await wrapped.chat.completions.create({ model, messages: user(question) });
          return getTime();
        },
        { name: 'weather' },
      )('hello');
    },
    openaiAgents: async () => {
      const { Agent, OpenAIProvider, Runner, tool } = sdks.agents;
      const modelProvider = new OpenAIProvider({ openAIClient: client, useResponses: true });
      const agent = new Agent({
        name: 'Helper',
        model,
        instructions: 'Be terse.',
        tools: tools((name, code) =>
          tool({ name, description: name, parameters: schema, execute: code }),
        ),
      });
      const runner = new Runner({ modelProvider, groupId: 'thread-1' });
      return (await runner.run(agent, 'tool please')).finalOutput;
    },
  };
  function langChainTools() {
    return tools((name, code) => sdks.tool(code, { name, description: name, schema }));
  }

  const ask = frameworks[process.env.FRAMEWORK];
  async function inVoiceAgent() {
    const getWeather = llm.tool({
      name: 'getWeather',
      description: 'Weather.',
      parameters: schema,
      execute: ask,
    });
    const session = new voice.AgentSession({
      vad: null,
      userAwayTimeout: null,
      llm: new plugin.LLM({ model, apiKey: 'no-key', baseURL }),
    });
    const agent = new voice.Agent({ instructions: 'Help.', tools: [getWeather] });
    await session.start({ agent });
    await session.run({ userInput: 'tool please' }).wait();
    await session.close();
  }

  const cases = {
    alone: ask,
    agentSpan: () =>
      catalyst.agentSpan({ agentId: 'a', agentName: 'Support', sessionId: 'session-1' }, ask),
    voice: inVoiceAgent,
  };
  await cases[process.env.CASE]();
  await tracing.shutdown();
  console.log(JSON.stringify({ errors: [], installResults: tracing.installResults }));
  process.exit(0);
};
