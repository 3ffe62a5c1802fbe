import { once } from 'node:events';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import type { HttpAnswer } from '../../src/http/answer-reader.js';
import { Cancellation } from '../../src/http/cancellation.js';
import type { HttpBody } from '../../src/http/http-body.js';
import { createHttpClient, type HttpClient } from '../../src/http/http-client.js';
import { HttpFailure } from '../../src/http/http-failure.js';

/** What the server says to one request, in the pieces in which it arrives. */
type Reply = (socket: Socket, request: string) => void;

/** What an answer says that differs from those before it. */
type Said = Partial<{ status: number; date: string; header: string; body: string }>;

interface Talk {
  readonly client: HttpClient;
  readonly requests: readonly string[];
  readonly connections: () => number;
  readonly post: (body?: string, cancellation?: Cancellation) => Promise<HttpAnswer>;
}

const opened: { server: Server; client: HttpClient; sockets: Set<Socket> }[] = [];

afterEach(() => {
  for (const { server, client, sockets } of opened.splice(0)) {
    client.close();
    for (const socket of sockets) socket.destroy();
    server.close();
  }
});

/** A server that says exactly what it is told to, and a client that posts to it. */
async function talk(reply: Reply, timeoutMillis = 5_000): Promise<Talk> {
  const requests: string[] = [];
  const sockets = new Set<Socket>();
  let connections = 0;
  const server = createServer((socket) => {
    connections++;
    sockets.add(socket);
    socket.on('error', () => undefined);
    let text = '';
    socket.on('data', (bytes) => {
      text += bytes.toString('latin1');
      const [, length, rest] = /content-length: (\d+)\r\n\r\n([^]*)$/.exec(text) ?? [];
      if (rest === undefined || rest.length < Number(length)) return;
      requests.push(text);
      const request = text;
      text = '';
      reply(socket, request);
    });
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  const url = new URL(`http://127.0.0.1:${port}/v1/traces?key=a%20b`);
  const client = createHttpClient({ url, proxy: undefined, ca: undefined, timeoutMillis });
  opened.push({ server, client, sockets });
  return {
    client,
    requests,
    connections: () => connections,
    post: (body = 'spans', cancellation = new Cancellation()) =>
      client.post(bodyOf(body), { 'x-token': 'secret' }, cancellation),
  };
}

/** In two pieces, and an empty one between them. */
function bodyOf(text: string): HttpBody {
  const bytes = Buffer.from(text);
  return {
    pieces: [bytes.subarray(0, 1), Buffer.alloc(0), bytes.subarray(1)],
    bytes: bytes.length,
  };
}

/** Text of which no two places look the same. */
function numbered(bytes: number, from = 0): string {
  let text = '';
  for (let number = from; text.length < bytes; number++) text += `${number} `;
  return text.slice(0, bytes);
}

const says =
  (...pieces: readonly string[]): Reply =>
  async (socket) => {
    for (const piece of pieces) {
      socket.write(piece, 'latin1');
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  };

const saysAndCloses =
  (text: string): Reply =>
  (socket) =>
    void socket.end(text, 'latin1');

async function failureOf(outcome: Promise<HttpAnswer>): Promise<HttpFailure> {
  const failure: unknown = await outcome.then(
    () => undefined,
    (error: unknown) => error,
  );
  if (failure instanceof HttpFailure) return failure;
  throw new Error('the request was answered');
}

const OK = 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}';

describe('a post', () => {
  it('is a request of HTTP/1.1 for one path, with its body counted', async () => {
    const { post, requests, client } = await talk(says(OK));
    await post('päck');
    const [head = '', body] = (requests[0] ?? '').split('\r\n\r\n');
    const [line, ...headers] = head.split('\r\n');
    expect(line).toBe('POST /v1/traces?key=a%20b HTTP/1.1');
    expect(headers.map((header) => header.replace(/127.*/, '…')).toSorted()).toEqual([
      'connection: keep-alive',
      'content-length: 5',
      'host: …',
      'x-token: secret',
    ]);
    expect(Buffer.from(body ?? '', 'latin1').toString()).toBe('päck');
    client.close();
  });

  it('follows another on the same connection', async () => {
    const { post, connections } = await talk(says(OK));
    for (let count = 0; count < 3; count++) expect((await post()).status).toBe(200);
    expect(connections()).toBe(1);
  });

  it('arrives as it was given, however long', async () => {
    const { post, requests, connections } = await talk(says(OK));
    await post('0123456789');
    // The longest that is written in one piece, and one byte more; its length has three digits more.
    const edge = 64 * 1024 - ((requests[0]?.length ?? 0) - 10 + 3);
    const bodies = [edge, edge + 1, 3, 200_000].map((bytes, turn) => numbered(bytes, turn));
    for (const body of bodies) await post(body);
    expect(requests.slice(1).map((request) => request.split('\r\n\r\n')[1])).toEqual(bodies);
    expect(connections()).toBe(1);
  });

  it('does not wait for another that is not answered', async () => {
    const { post, connections } = await talk((socket, request) => {
      if (!request.includes('slow')) says(OK)(socket, request);
    }, 200);
    const slow = failureOf(post('slow'));
    expect((await post('quick')).status).toBe(200);
    expect((await slow).code).toBe('timeout');
    expect(connections()).toBe(2);
  });
});

describe('an answer', () => {
  it.each<[string, Reply, Partial<{ status: number; body: string; kept: boolean }>]>([
    ['with a length', says(OK), { kept: true }],
    [
      'in pieces',
      says('HTT', 'P/1.1 200 OK\r', '\ncontent-le', 'ngth: 2\r\n\r', '\n{', '}'),
      { kept: true },
    ],
    [
      'that is longer than one read',
      says(`HTTP/1.1 200 OK\r\ncontent-length: 20000\r\n\r\n${numbered(20_000)}`),
      { body: numbered(20_000), kept: true },
    ],
    [
      'without a body',
      says('HTTP/1.1 204 No Content\r\n\r\n'),
      { status: 204, body: '', kept: true },
    ],
    ['without a reason', says('HTTP/1.1 200\r\ncontent-length: 2\r\n\r\n{}'), { kept: true }],
    [
      'in chunks',
      says(
        'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1;a=b\r\n{\r\n01\r\n}\r\n0\r\nx: y\r\n\r\n',
      ),
      { kept: true },
    ],
    [
      'in chunks in pieces',
      says(
        'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n',
        '0',
        '2\r',
        '\n{',
        '}',
        '\r',
        '\n0\r\n',
        '\r\n',
      ),
      { kept: true },
    ],
    ['until the connection ends', saysAndCloses('HTTP/1.1 200 OK\r\n\r\n{}'), { kept: false }],
    [
      'of HTTP/1.0',
      saysAndCloses('HTTP/1.0 200 OK\r\ncontent-length: 2\r\n\r\n{}'),
      { kept: false },
    ],
    [
      'that closes',
      says('HTTP/1.1 200 OK\r\nConnection: Close\r\ncontent-length: 2\r\n\r\n{}'),
      { kept: false },
    ],
    [
      'after hints',
      says(`HTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n${OK}`),
      { kept: true },
    ],
    ['with more than itself', says(`${OK}HTTP/1.1 200 OK\r\n`), { kept: false }],
    [
      'that is endless',
      says(`HTTP/1.1 500 Oh\r\n\r\n${'x'.repeat(100_000)}`),
      { status: 500, body: 'x'.repeat(64 * 1024), kept: false },
    ],
    [
      'that asks to come back soon',
      says('HTTP/1.1 200 OK\r\nkeep-alive: timeout=1\r\ncontent-length: 2\r\n\r\n{}'),
      { kept: false },
    ],
  ])('%s is read', async (_name, reply, { status = 200, body = '{}', kept }) => {
    const { post, connections } = await talk(reply);
    const first = await post();
    expect([first.status, first.body.toString()]).toEqual([status, body]);
    expect((await post()).body.toString()).toBe(body);
    expect(connections()).toBe(kept === true ? 1 : 2);
  });

  it('has headers by lower-case name, the first of two', async () => {
    const { post } = await talk(
      says(
        'HTTP/1.1 429 No\r\nRetry-After:  7 \r\nretry-after: 9\r\n__proto__: x\r\ncontent-length: 0\r\n\r\n',
      ),
    );
    const { headers } = await post();
    expect({ ...headers }).toEqual({
      'retry-after': '7',
      ['__proto__']: 'x',
      'content-length': '0',
    });
    expect(headers['toString']).toBeUndefined();
  });

  it.each<[string, Said]>([
    ['another date', { date: '11:59:59 GMT' }],
    ['a shorter date', { date: 'now' }],
    ['another body', { body: '\r\ndate: 2' }],
    ['another status', { status: 503 }],
    ['another value of a header', { header: 'b: 22' }],
    ['another name of a header', { header: 'c: 11' }],
    ['a header in the room of the date', { date: '1\r\nb: 22 GMT', header: 'c: 33' }],
  ])('with %s than those before is read for what it says', async (_name, said) => {
    const before = { status: 200, date: '11:00:07 GMT', header: 'b: 11', body: '\r\ndate: 1' };
    const last = { ...before, ...said };
    const answers = [before, { ...before, date: '11:00:09 GMT' }, last].map(
      ({ status, date, header, body }) =>
        `HTTP/1.1 ${status} So\r\ndate: ${date}\r\n${header}\r\ncontent-length: 9\r\n\r\n${body}`,
    );
    const { post, connections } = await talk((socket) => void socket.write(answers.shift() ?? ''));
    for (let turn = 0; turn < 2; turn++) {
      const { status, headers, body } = await post();
      expect([status, headers['b'], body.toString()]).toEqual([200, '11', before.body]);
    }
    const { status, headers, body } = await post();
    expect([status, body.toString()]).toEqual([last.status, last.body]);
    const lines = `${last.header}\r\ndate: ${last.date}`.split('\r\n');
    const given = new Map(lines.map((line) => line.split(': ') as [string, string]));
    for (const name of ['b', 'c']) expect(headers[name]).toBe(given.get(name));
    expect(connections()).toBe(1);
  });

  it('without a date is read for what it says, also where its body speaks of one', async () => {
    const bodies = ['\r\ndate: 1\r\n', '\r\ndate: 2\r\n'];
    const answers = bodies.map((body) => `HTTP/1.1 200 OK\r\ncontent-length: 11\r\n\r\n${body}`);
    const { post } = await talk((socket) => void socket.write(answers.shift() ?? ''));
    for (const body of bodies) expect((await post()).body.toString()).toBe(body);
  });

  it.each(['\n', '\r'])('with %j in the date of the one before is none', async (lineBreak) => {
    const answers = ['11:00:07 GMT', `11:00${lineBreak}07 GMT`].map(
      (date) => `HTTP/1.1 200 OK\r\ndate: ${date}\r\ncontent-length: 0\r\n\r\n`,
    );
    const { post } = await talk((socket) => void socket.write(answers.shift() ?? ''));
    await post();
    expect((await failureOf(post())).code).toBe('not_http');
  });

  it('that comes before the request is whole ends the connection', async () => {
    const refusal = 'HTTP/1.1 413 Too Large\r\ncontent-length: 0\r\n\r\n';
    const sockets = new Set<Socket>();
    let connections = 0;
    const server = createServer((socket) => {
      connections++;
      sockets.add(socket);
      socket
        .on('error', () => undefined)
        .once('data', () => {
          socket.pause();
          socket.write(refusal);
        });
    });
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const url = new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
    const client = createHttpClient({ url, proxy: undefined, ca: undefined, timeoutMillis: 5_000 });
    opened.push({ server, client, sockets });
    const large = bodyOf('x'.repeat(32 * 1024 * 1024));
    expect((await client.post(large, {}, new Cancellation())).status).toBe(413);
    expect((await client.post(bodyOf('a'), {}, new Cancellation())).status).toBe(413);
    expect(connections).toBe(2);
  });
});

describe('what is no answer', () => {
  it.each([
    ['another protocol', 'SSH-2.0-OpenSSH_9.2\r\n'],
    ['HTTP/2', '\0\0\x12\x04\0\0\0\0\0'],
    ['a switch of protocols', 'HTTP/1.1 101 Switching Protocols\r\nupgrade: h2c\r\n\r\n'],
    ['two lengths', 'HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\n{}'],
    [
      'a length and chunks',
      'HTTP/1.1 200 OK\r\ncontent-length: 2\r\ntransfer-encoding: chunked\r\n\r\n{}',
    ],
    ['a length that is none', 'HTTP/1.1 200 OK\r\ncontent-length: -2\r\n\r\n{}'],
    ['a folded header', 'HTTP/1.1 200 OK\r\na: b\r\n c\r\ncontent-length: 2\r\n\r\n{}'],
    ['a header without a name', 'HTTP/1.1 200 OK\r\n: b\r\ncontent-length: 2\r\n\r\n{}'],
    ['a status that is none', 'HTTP/1.1 2000 OK\r\ncontent-length: 2\r\n\r\n{}'],
    ['an endless head', `HTTP/1.1 200 OK\r\n${'a: b\r\n'.repeat(10_000)}`],
    ['a chunk without a size', 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nx\r\n'],
    [
      'a chunk that is longer than its size',
      'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1\r\n{}\r\n0\r\n\r\n',
    ],
    [
      'an endless line between chunks',
      `HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n${'1'.repeat(5000)}`,
    ],
  ])('such as %s ends the connection', async (_name, text) => {
    const { post, connections } = await talk(says(text));
    expect(await failureOf(post())).toMatchObject({ code: 'not_http', wasStale: false });
    await failureOf(post());
    expect(connections()).toBe(2);
  });

  it.each([
    ['nothing', ''],
    ['half a head', 'HTTP/1.1 200 OK\r\ncontent'],
    ['half a body', 'HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\n{}'],
    ['half a chunk', 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\n{}'],
  ])('such as %s before the end fails, and is no stale connection', async (_name, text) => {
    const { post } = await talk(saysAndCloses(text));
    expect(await failureOf(post())).toMatchObject({ code: 'ECONNRESET', wasStale: false });
  });

  it('such as words that nobody asked for ends the connection', async () => {
    const { post, connections } = await talk((socket) => {
      socket.write(OK);
      setTimeout(() => socket.write(OK), 20);
    });
    await post();
    await new Promise((resolve) => setTimeout(resolve, 60));
    expect((await post()).status).toBe(200);
    expect(connections()).toBe(2);
  });
});

describe('a connection', () => {
  it('that the server closes right when it is used again was stale', async () => {
    const { post } = await talk((socket, request) => {
      if (request.includes('first')) socket.write(OK);
      else socket.destroy();
    });
    await post('first');
    expect(await failureOf(post('second'))).toMatchObject({ code: 'ECONNRESET', wasStale: true });
    // A new one, which no earlier request has proved.
    expect(await failureOf(post('third'))).toMatchObject({ code: 'ECONNRESET', wasStale: false });
  });

  it('that was closed while it was idle is not used again', async () => {
    const { post, connections } = await talk((socket) => {
      socket.write(OK);
      setTimeout(() => socket.end(), 10);
    });
    await post();
    await new Promise((resolve) => setTimeout(resolve, 60));
    expect((await post()).status).toBe(200);
    expect(connections()).toBe(2);
  });

  it('that cannot be opened fails with its reason', async () => {
    const server = createServer();
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const { port } = server.address() as AddressInfo;
    await new Promise((resolve) => server.close(resolve));
    const url = new URL(`http://127.0.0.1:${port}/`);
    const client = createHttpClient({ url, proxy: undefined, ca: undefined, timeoutMillis: 5_000 });
    const failure = await failureOf(client.post(bodyOf('a'), {}, new Cancellation()));
    expect(failure).toMatchObject({ code: 'ECONNREFUSED', wasStale: false });
  });

  it('is given up with its request', async () => {
    const ended: boolean[] = [];
    const { post } = await talk((socket) => {
      socket.once('close', () => ended.push(true));
    });
    const cancellation = new Cancellation();
    const failing = failureOf(post('a', cancellation));
    setTimeout(() => cancellation.cancel(), 20);
    expect((await failing).code).toBe('cancelled');
    await expect.poll(() => ended).toEqual([true]);
    const late = new Cancellation();
    late.cancel();
    expect((await failureOf(post('b', late))).code).toBe('cancelled');
  });
});
