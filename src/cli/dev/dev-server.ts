import { timingSafeEqual } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import {
  decodeMetrics,
  decodeTraces,
  encodeTraces,
  JSON_TYPE,
  PROTOBUF_TYPE,
} from '../otlp/decode.js';
import { fileNameOf } from './session-files.js';
import type { SessionStore } from './session-store.js';

interface DevServerOptions {
  readonly store: SessionStore;
  /** 0 for a free one. */
  readonly port: number;
  /** Another address than the loopback to listen at, and what requests to it have to show. */
  readonly exposed?: { readonly host: string; readonly token: string } | undefined;
}

/** An OTLP receiver on this machine, and the page that shows what it received. */
export interface DevServer {
  /** `http://127.0.0.1:port`: the endpoint for `setup()`, and the page's address. */
  readonly endpoint: string;
  /** Ends all connections and frees the port. */
  close(): Promise<void>;
}

const LOOPBACK = '127.0.0.1';
const COVERS_LOOPBACK = /^(?:0\.0\.0\.0|::|localhost|127\.0\.0\.1)$/;
const COOKIE = 'catalyst-tracing-dev';

/**
 * Headers of every answer. The page shows what strangers have said: no inline script, no
 * other origin, no frame around it, nothing kept.
 */
const SECURITY_HEADERS: Readonly<Record<string, string>> = {
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'cross-origin-resource-policy': 'same-origin',
  'cross-origin-opener-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'cache-control': 'no-store',
};

/** Starts it. Rejects with Node's error when the port is taken. */
export async function startDevServer(options: DevServerOptions): Promise<DevServer> {
  const host = options.exposed?.host ?? LOOPBACK;
  const servers: Server[] = [];
  const close = async (): Promise<void> => {
    for (const server of servers) {
      const closed = once(server.close(), 'close');
      server.closeAllConnections();
      await closed;
    }
  };
  let { port } = options;
  try {
    // The page and `show` use the loopback, which these addresses include.
    for (const address of COVERS_LOOPBACK.test(host) ? [host] : [LOOPBACK, host]) {
      const server = createServer((request, response) => answer(request, response, options));
      await once(server.listen(port, address), 'listening');
      servers.push(server);
      const bound = server.address();
      if (typeof bound === 'object' && bound !== null) ({ port } = bound);
    }
  } catch (error) {
    await close();
    throw error;
  }
  return { endpoint: `http://${LOOPBACK}:${port}`, close };
}

function answer(
  request: IncomingMessage,
  response: ServerResponse,
  options: DevServerOptions,
): void {
  for (const [name, value] of Object.entries(SECURITY_HEADERS)) response.setHeader(name, value);
  route(request, response, options).catch((error: unknown) => {
    const status = error instanceof RefusedRequest ? error.status : 500;
    const text = error instanceof RefusedRequest ? error.message : 'failed';
    // What was not read of the body would be taken for the next request.
    response.writeHead(status, { 'content-type': 'text/plain', connection: 'close' }).end(text);
  });
}

async function route(
  request: IncomingMessage,
  response: ServerResponse,
  { store, exposed }: DevServerOptions,
): Promise<void> {
  const { pathname, searchParams } = new URL(request.url ?? '/', `http://${LOOPBACK}`);
  const token = searchParams.get('token');
  if (!isAllowed(request, exposed?.token, token)) {
    throw new RefusedRequest(403, 'this server answers this machine only, or needs its token');
  }
  if (exposed !== undefined && token === exposed.token) {
    // So that the page's own requests have it, and its address need not.
    response.setHeader('set-cookie', `${COOKIE}=${token}; HttpOnly; SameSite=Strict; Path=/`);
  }
  if (request.method === 'POST') return receive(pathname, request, response, store);
  if (request.method !== 'GET') throw new RefusedRequest(405, 'GET or POST');
  const session = searchParams.get('session') ?? '';
  switch (pathname) {
    case '/':
      return send(response, 'text/html; charset=utf-8', HTML);
    case '/page.js':
      return send(response, 'text/javascript; charset=utf-8', readBuilt('page.js'));
    case '/page.css':
      return send(response, 'text/css; charset=utf-8', readBuilt('page.css'));
    case '/api/sessions':
      return streamSessions(response, store);
    case '/api/spans': {
      const from = Number(searchParams.get('from') ?? 0);
      return sendJson(response, known(store.get(session)).pageFrom(from));
    }
    case '/api/search':
      return sendJson(response, store.search(searchParams.get('q') ?? ''));
    case '/api/metrics':
      return sendJson(response, store.metrics());
    case '/api/export': {
      const { spans } = known(store.get(session));
      const disposition = `attachment; filename="${fileNameOf(session)}"`;
      response.setHeader('content-disposition', disposition);
      return send(response, JSON_TYPE, encodeTraces(spans));
    }
    default:
      throw new RefusedRequest(404, 'nothing here; traces go to /v1/traces');
  }
}

function known<T>(session: T | undefined): T {
  if (session === undefined) throw new RefusedRequest(404, 'no such session');
  return session;
}

function send(response: ServerResponse, contentType: string, body: string): void {
  response.writeHead(200, { 'content-type': contentType }).end(body);
}

function sendJson(response: ServerResponse, value: unknown): void {
  send(response, JSON_TYPE, JSON.stringify(value));
}

/**
 * Whether the request comes from this machine and from no other site, or has the token. A page
 * elsewhere can let its own name point here (DNS rebinding), which the Host header shows, and can post
 * across origins, which the Origin header shows. Behind another address than the loopback, only the
 * token tells who asks.
 */
function isAllowed(
  { headers, socket }: IncomingMessage,
  expected: string | undefined,
  token: string | null,
): boolean {
  const { host, origin, authorization, cookie } = headers;
  if (origin !== undefined && origin !== `http://${host ?? ''}`) return false;
  if (expected !== undefined) {
    const [, fromCookie] = new RegExp(`(?:^|; )${COOKIE}=([^;]*)`).exec(cookie ?? '') ?? [];
    const shown = [authorization?.replace(/^Bearer /i, ''), fromCookie, token];
    if (shown.some((each) => isEqual(each ?? '', expected))) return true;
  }
  const isNamedLoopback = /^(?:localhost|127(?:\.\d+){3})(?::\d+)?$/i.test(host ?? '');
  return isNamedLoopback && /^(?:::ffff:)?127\.|^::1$/.test(socket.remoteAddress ?? '');
}

function isEqual(text: string, expected: string): boolean {
  const [a, b] = [Buffer.from(text), Buffer.from(expected)];
  return a.length === b.length && timingSafeEqual(a, b);
}

async function receive(
  pathname: string,
  request: IncomingMessage,
  response: ServerResponse,
  store: SessionStore,
): Promise<void> {
  if (!/^\/v1\/(?:traces|metrics|logs)$/.test(pathname)) {
    throw new RefusedRequest(404, `traces go to /v1/traces, not ${pathname}`);
  }
  const contentType = (request.headers['content-type'] ?? '').split(';', 1)[0]?.trim() ?? '';
  if (contentType !== PROTOBUF_TYPE && contentType !== JSON_TYPE) {
    throw new RefusedRequest(415, `expected ${PROTOBUF_TYPE} or ${JSON_TYPE}`);
  }
  const body = await readBody(request);
  try {
    if (pathname === '/v1/traces') store.add(decodeTraces(body, contentType), body.length);
    // Logs are accepted, so that an exporter is content, and not shown.
    if (pathname === '/v1/metrics') store.addMetrics(decodeMetrics(body, contentType));
  } catch (error) {
    throw new RefusedRequest(400, error instanceof Error ? error.message : 'not a request of OTLP');
  }
  send(response, contentType, contentType === JSON_TYPE ? '{}' : '');
}

/** Server-sent events: all sessions, at once and after each change. */
function streamSessions(response: ServerResponse, store: SessionStore): void {
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  const push = (): void => {
    response.write(`data: ${JSON.stringify(store.summaries())}\n\n`);
  };
  push();
  response.on('close', store.listen(push));
}

const MAX_BODY_BYTES: number = 64 * 1024 * 1024;

const unzip = promisify(gunzip);

/** A request that cannot be accepted, and the status of the answer. */
class RefusedRequest extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.name = 'RefusedRequest';
    this.status = status;
  }
}

async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request) {
    if (!(chunk instanceof Buffer)) continue;
    chunks.push(chunk);
    bytes += chunk.length;
    if (bytes > MAX_BODY_BYTES) throw new RefusedRequest(413, 'too large');
  }
  const body = Buffer.concat(chunks);
  const encoding = request.headers['content-encoding'] ?? 'identity';
  if (encoding === 'identity') return body;
  if (encoding !== 'gzip') throw new RefusedRequest(415, 'expected gzip or no compression');
  try {
    return await unzip(body, { maxOutputLength: MAX_BODY_BYTES });
  } catch {
    throw new RefusedRequest(400, 'no gzip, or too large');
  }
}

/** Script and style of the page are built with the command; nothing comes from elsewhere. */
function readBuilt(name: string): string {
  return readFileSync(new URL(name, import.meta.url), 'utf8');
}

/** The fixed parts of the page; `page/main.ts` fills them. */
const HTML = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>catalyst-tracing dev</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="/page.css">
</head>
<body>
<div id="app">
  <header class="top">
    <b class="brand">catalyst-tracing <span>dev</span></b>
    <input type="search" aria-label="Search" spellcheck="false"
      placeholder="Search text, tools, models, errors…  ( / )">
    <span class="status"></span>
  </header>
  <div class="body">
    <nav aria-label="Sessions">
      <div class="filter">
        <select name="service" aria-label="service" hidden></select>
        <select name="agent" aria-label="agent" hidden></select>
        <button class="quiet" data-action="errors" aria-pressed="false"
          title="Sessions in which something failed">errors</button>
        <button class="quiet" data-action="slow" aria-pressed="false"
          title="Sessions with a reply of more than 1.50 s">slow</button>
      </div>
      <div class="list"></div>
      <p class="keys">
        <span><kbd>j k</kbd> spans</span>
        <span><kbd>[ ]</kbd> sessions</span>
        <span><kbd>e</kbd> next error</span>
        <span><kbd>/</kbd> search</span>
        <span><kbd>Esc</kbd> back</span>
      </p>
    </nav>
    <main class="nothing">
      <div class="overview"></div>
      <div class="left">
        <h2>Conversation</h2>
        <section class="pane" aria-label="Conversation"></section>
      </div>
      <div class="right">
        <h2>Timeline <span class="tools">
          <button class="quiet" data-action="zoomOut" hidden>← whole session</button>
          <button class="quiet" data-action="showAll"></button>
        </span></h2>
        <section class="pane" aria-label="Timeline"></section>
        <aside class="pane" aria-label="Span" hidden></aside>
      </div>
    </main>
  </div>
</div>
<noscript>This page needs JavaScript; all of it comes from this machine.</noscript>
<script src="/page.js"></script>
</body>
</html>
`;
