import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Bill } from './provider-server.js';

type Json = Readonly<Record<string, unknown>>;

export interface ToolLoopServer {
  readonly url: string;
  /** What was billed for all answers that were sent to their end. */
  bill(): Bill;
  close(): Promise<void>;
}

const MODEL = 'served-model-1';
const callOf = (name: string): Json => ({
  index: 0,
  id: 'call_1',
  type: 'function',
  function: { name, arguments: '{"city":"Oslo"}' },
});

/**
 * A provider with OpenAI's chat protocol whose tool loop costs 250 and 32 tokens: "weather" asks for
 * a tool first, "break" for the tool `broken`, "fail" is an error 500, "slow" never ends.
 */
export async function startToolLoop(): Promise<ToolLoopServer> {
  const bill = { prompt: 0, completion: 0 };
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const used = answer(JSON.parse(Buffer.concat(chunks).toString()) as Json, response);
      bill.prompt += used?.prompt_tokens ?? 0;
      bill.completion += used?.completion_tokens ?? 0;
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/v1`,
    bill: () => ({ ...bill }),
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}

/** Answers as JSON or as a stream; the usage that is billed. */
function answer(body: Json, response: ServerResponse): Usage | undefined {
  const messages = body['messages'] as readonly { role: string; content: unknown }[];
  const asked = JSON.stringify(messages.findLast(({ role }) => role === 'user')?.content);
  const hasResult = messages.at(-1)?.role === 'tool';
  if (asked.includes('fail')) {
    response.writeHead(500, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ error: { message: 'upstream exploded', type: 'server_error' } }));
    return undefined;
  }
  const wantsTool = /weather|break/u.test(asked) && !hasResult;
  const call = callOf(asked.includes('break') ? 'broken' : 'weather');
  const content = hasResult ? 'It is 21 degrees in Oslo.' : 'Hello there.';
  const thoughts = { reasoning_content: 'I should look.' };
  const used = usageOf(wantsTool, hasResult);
  const reason = wantsTool ? 'tool_calls' : 'stop';
  if (body['stream'] !== true) {
    const said = wantsTool ? { content: null, ...thoughts, tool_calls: [call] } : { content };
    const message = { role: 'assistant', ...said };
    const choices = [{ index: 0, finish_reason: reason, message }];
    const head = { id: 'chatcmpl-1', object: 'chat.completion', created: 1, model: MODEL };
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ ...head, choices, usage: used }));
    return used;
  }
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
    return undefined;
  }
  if (wantsTool) say(thoughts);
  if (wantsTool) say({ tool_calls: [call] });
  else say({ content });
  say({}, reason);
  send({ choices: [], usage: used });
  response.end('data: [DONE]\n\n');
  return used;
}

interface Usage extends Json {
  readonly prompt_tokens: number;
  readonly completion_tokens: number;
}

function usageOf(wantsTool: boolean, hasResult: boolean): Usage {
  if (wantsTool) return usage(100, 20, 40, 5);
  return hasResult ? usage(150, 12, 100, 0) : usage(11, 5, 4, 2);
}

function usage(prompt: number, completion: number, cached: number, reasoning: number): Usage {
  return {
    prompt_tokens: prompt,
    completion_tokens: completion,
    total_tokens: prompt + completion,
    prompt_tokens_details: { cached_tokens: cached },
    completion_tokens_details: { reasoning_tokens: reasoning },
  };
}
