import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

type Json = Readonly<Record<string, unknown>>;

export interface CursorServer {
  readonly url: string;
  close(): Promise<void>;
}

const RUN = 'run-00000000-0000-4000-8000-000000000001';
const USAGE = {
  inputTokens: 110,
  outputTokens: 32,
  cacheReadTokens: 140,
  cacheWriteTokens: 0,
  totalTokens: 282,
};

/** Cursor's cloud: one run that uses two tools, "fail" breaks, and "slow" never ends. */
export async function startCursor(): Promise<CursorServer> {
  let prompt = '';
  const server = createServer((request, response) => {
    void bodyOf(request).then((body) => {
      const { url = '', method } = request;
      if (url.endsWith('/stream')) return streamRun(prompt, response);
      if (method === 'POST' && url.startsWith('/v1/agents')) {
        prompt = (body['prompt'] as { text: string }).text;
        const createdAt = '2026-01-01T00:00:00.000Z';
        const id = body['agentId'] ?? url.split('/')[3];
        const run = { id: RUN, agentId: id, status: 'CREATING', createdAt, updatedAt: createdAt };
        return sendJson(response, { agent: { id, status: 'ACTIVE', createdAt }, run });
      }
      if (url.startsWith('/v1/models')) return sendJson(response, { items: [], models: [] });
      return sendJson(response, {});
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}

function streamRun(prompt: string, response: ServerResponse): void {
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  let id = 0;
  const send = (event: string, data: Json): void => {
    id += 1;
    response.write(`id: ${id}\nevent: ${event}\ndata: ${JSON.stringify(data)}\n\n`);
  };
  send('status', { runId: RUN, status: 'RUNNING' });
  if (prompt === 'slow') return;
  if (prompt === 'fail') {
    send('result', { runId: RUN, status: 'ERROR', text: 'The agent broke.' });
    response.end('event: done\ndata: {}\n\n');
    return;
  }
  const shell = { callId: 'call_1', name: 'shell', args: { command: 'ls' } };
  const read = { callId: 'call_2', name: 'read', args: { path: 'b.txt' } };
  send('tool_call', { ...shell, status: 'running' });
  send('tool_call', { ...shell, status: 'completed', result: { stdout: 'a.txt' } });
  send('tool_call', { ...read, status: 'running' });
  send('tool_call', { ...read, status: 'error', result: 'no such file' });
  send('assistant', { text: 'There is ' });
  send('assistant', { text: 'one file.' });
  send('interaction_update', { type: 'turn-ended', usage: USAGE });
  send('result', { runId: RUN, status: 'FINISHED', text: 'There is one file.' });
  response.end('event: done\ndata: {}\n\n');
}

async function bodyOf(request: IncomingMessage): Promise<Json> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const text = Buffer.concat(chunks).toString();
  return text.startsWith('{') ? (JSON.parse(text) as Json) : {};
}

function sendJson(response: ServerResponse, body: Json): void {
  response.writeHead(200, { 'content-type': 'application/json' });
  response.end(JSON.stringify(body));
}
