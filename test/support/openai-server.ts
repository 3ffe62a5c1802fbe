import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { ScriptedUsage } from './scripted-llm.js';

/** One answer of the chat-completions endpoint, sent as server-sent events. */
export interface CompletionReply {
  /** Streamed word by word. */
  readonly text?: string;
  readonly toolCalls?: readonly {
    readonly id: string;
    readonly name: string;
    /** Sent in two pieces, as providers do. */
    readonly arguments: string;
  }[];
  /** Default `tool_calls` with tool calls, `stop` without. */
  readonly finishReason?: 'stop' | 'length' | 'tool_calls' | 'content_filter';
  readonly usage?: ScriptedUsage & { readonly reasoning?: number };
  /** Anything but 200 answers with an error body instead. */
  readonly status?: number;
  /** Cuts the connection after the text, before the answer is whole. */
  readonly drop?: boolean;
}

/** A request as it came, parsed. */
export interface CompletionRequest {
  readonly model: string;
  readonly messages: readonly Readonly<Record<string, unknown>>[];
  readonly tools?: readonly unknown[];
  readonly [parameter: string]: unknown;
}

export interface OpenAIServer {
  /** To be given to the plugin as `baseURL`. */
  readonly baseUrl: string;
  readonly requests: readonly CompletionRequest[];
  close(): Promise<void>;
}

/** A local OpenAI that answers by a script, for the real plugin and its real HTTP client. */
export async function startOpenAIServer(
  replies: readonly CompletionReply[],
): Promise<OpenAIServer> {
  const requests: CompletionRequest[] = [];
  const handle = async (incoming: IncomingMessage, response: ServerResponse): Promise<void> => {
    const chunks: Buffer[] = [];
    for await (const chunk of incoming) chunks.push(chunk as Buffer);
    if (incoming.method !== 'POST' || incoming.url !== '/v1/chat/completions') {
      // The plugin looks at `/models` to warm its connection up.
      response.writeHead(200, { 'content-type': 'application/json' }).end('{"data":[]}');
      return;
    }
    const request = JSON.parse(Buffer.concat(chunks).toString('utf8')) as CompletionRequest;
    const reply = replies[requests.length];
    const id = `chatcmpl-${requests.length}`;
    requests.push(request);
    if (reply === undefined) {
      sendError(response, 400, 'the script has no more replies');
    } else if (reply.status !== undefined && reply.status !== 200) {
      sendError(response, reply.status, `scripted status ${reply.status}`);
    } else {
      stream(response, reply, { id, model: request.model });
    }
  };
  const server = createServer((incoming, response) => {
    handle(incoming, response).catch(() => incoming.socket.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return {
    baseUrl: `http://127.0.0.1:${address.port}/v1`,
    requests,
    close: async () => {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

function sendError(response: ServerResponse, status: number, message: string): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify({ error: { message, type: 'scripted_error', code: null } }));
}

function stream(
  response: ServerResponse,
  reply: CompletionReply,
  head: { readonly id: string; readonly model: string },
): void {
  const common = { ...head, object: 'chat.completion.chunk', created: 1_700_000_000 };
  const send = (rest: object): void => {
    response.write(`data: ${JSON.stringify({ ...common, ...rest })}\n\n`);
  };
  const choice = (delta: object, finishReason: string | null = null): void =>
    send({ choices: [{ index: 0, delta, finish_reason: finishReason }] });

  response.writeHead(200, { 'content-type': 'text/event-stream' });
  choice({ role: 'assistant', content: '' });
  for (const word of reply.text?.match(/\S+\s*/gu) ?? []) choice({ content: word });
  if (reply.drop === true) {
    // What was written first must leave first, or the client sees no answer at all.
    setTimeout(() => response.destroy(), 50);
    return;
  }
  for (const [index, call] of (reply.toolCalls ?? []).entries()) {
    const half = Math.ceil(call.arguments.length / 2);
    choice({
      tool_calls: [
        {
          index,
          id: call.id,
          type: 'function',
          function: { name: call.name, arguments: call.arguments.slice(0, half) },
        },
      ],
    });
    choice({ tool_calls: [{ index, function: { arguments: call.arguments.slice(half) } }] });
  }
  choice({}, reply.finishReason ?? (reply.toolCalls === undefined ? 'stop' : 'tool_calls'));
  if (reply.usage !== undefined) send({ choices: [], usage: usageBody(reply.usage) });
  response.end('data: [DONE]\n\n');
}

function usageBody(usage: NonNullable<CompletionReply['usage']>): object {
  return {
    prompt_tokens: usage.prompt,
    completion_tokens: usage.completion,
    total_tokens: usage.prompt + usage.completion,
    prompt_tokens_details: { cached_tokens: usage.cached ?? 0 },
    completion_tokens_details: { reasoning_tokens: usage.reasoning ?? 0 },
  };
}
