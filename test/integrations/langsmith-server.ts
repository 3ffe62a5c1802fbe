import { createServer } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';

/** Takes what LangSmith is sent, and keeps nothing of it. */
export interface LangSmithServer {
  /** Turns LangSmith on and leads it here. */
  readonly env: Readonly<Record<string, string>>;
  readonly posts: number;
  close(): void;
}

export async function startLangSmith(): Promise<LangSmithServer> {
  let posts = 0;
  const server = createServer((request, response) => {
    if (request.method === 'POST') posts += 1;
    request.resume().on('end', () => response.end('{}'));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    env: {
      LANGSMITH_TRACING: 'true',
      LANGSMITH_API_KEY: 'k',
      LANGSMITH_ENDPOINT: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    },
    get posts() {
      return posts;
    },
    close: () => void server.close(),
  };
}
