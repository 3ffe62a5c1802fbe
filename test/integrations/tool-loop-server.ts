import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

type Json = Readonly<Record<string, unknown>>;

export interface ToolLoopServer {
  readonly url: string;
  close(): Promise<void>;
}

const MODEL = 'served-model-1';
const CALL = {
  index: 0,
  id: 'call_1',
  type: 'function',
  function: { name: 'weather', arguments: '{"city":"Oslo"}' },
};

/**
 * A provider with OpenAI's chat protocol whose tool loop costs 250 and 32 tokens: "weather" asks for
 * a tool first, "fail" is an error 500, "slow" never ends.
 */
export async function startToolLoop(): Promise<ToolLoopServer> {
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => answer(JSON.parse(Buffer.concat(chunks).toString()) as Json, response));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/v1`,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}

function answer(body: Json, response: ServerResponse): void {
  const messages = body['messages'] as readonly { role: string; content: unknown }[];
  const asked = JSON.stringify(messages.findLast(({ role }) => role === 'user')?.content);
  const hasResult = messages.at(-1)?.role === 'tool';
  if (asked.includes('fail')) {
    response.writeHead(500, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ error: { message: 'upstream exploded', type: 'server_error' } }));
    return;
  }
  const wantsTool = asked.includes('weather') && !hasResult;
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  const send = (rest: Json): void => {
    const head = { id: 'chatcmpl-1', object: 'chat.completion.chunk', created: 1, model: MODEL };
    response.write(`data: ${JSON.stringify({ ...head, ...rest })}\n\n`);
  };
  const say = (delta: Json, finish: string | null = null): void =>
    send({ choices: [{ index: 0, delta, finish_reason: finish }] });
  say({ role: 'assistant', content: '' });
  if (asked.includes('slow')) {
    const ticks = setInterval(() => say({ content: 'tick ' }), 20);
    response.on('close', () => clearInterval(ticks));
    return;
  }
  if (wantsTool) say({ tool_calls: [CALL] });
  else say({ content: hasResult ? 'It is 21 degrees in Oslo.' : 'Hello there.' });
  say({}, wantsTool ? 'tool_calls' : 'stop');
  send({ choices: [], usage: usageOf(wantsTool, hasResult) });
  response.end('data: [DONE]\n\n');
}

function usageOf(wantsTool: boolean, hasResult: boolean): Json {
  if (wantsTool) return usage(100, 20, 40, 5);
  return hasResult ? usage(150, 12, 100, 0) : usage(11, 5, 4, 2);
}

function usage(prompt: number, completion: number, cached: number, reasoning: number): Json {
  return {
    prompt_tokens: prompt,
    completion_tokens: completion,
    total_tokens: prompt + completion,
    prompt_tokens_details: { cached_tokens: cached },
    completion_tokens_details: { reasoning_tokens: reasoning },
  };
}
