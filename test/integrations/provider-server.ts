import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';

type Json = Readonly<Record<string, unknown>>;

/** What a provider would charge for all answers that it sent to their end. */
export interface Bill {
  readonly prompt: number;
  readonly completion: number;
}

/**
 * A provider on this machine that speaks the wire formats of OpenAI (chat completions, Responses,
 * embeddings) and Anthropic (messages), as JSON and as server-sent events. The first word of the
 * last user message picks the case: `hello`, `tool`, `json`, `think`, `len`, `refuse`, `slow`,
 * `handoff` (calls the first tool, every required argument `Paris`), `mixed` (tool calls whose pieces alternate), `drop` (the connection breaks), `overloaded` (an error event), `err401`, `once429`.
 */
export interface ProviderServer {
  readonly origin: string;
  /** Origin with `/v1`. */
  readonly url: string;
  readonly requests: readonly Json[];
  /** Requests that are being answered. */
  readonly live: number;
  bill(): Bill;
  close(): Promise<void>;
}

interface Call {
  readonly id: string;
  readonly name: string;
  readonly input: string;
}
const CALLS: readonly Call[] = [
  { id: 'call_AAA', name: 'getWeather', input: '{"city":"Paris"}' },
  { id: 'call_BBB', name: 'getTime', input: '{"city":"Paris"}' },
];
const MODEL = 'gpt-4.1-mini-2025-04-14';

/** `words`: cases of the first requests, whatever their messages say. */
export async function startProvider(words: readonly string[] = []): Promise<ProviderServer> {
  const requests: Json[] = [];
  const bill = { prompt: 0, completion: 0 };
  let live = 0;
  const handle = async (incoming: IncomingMessage, response: ServerResponse): Promise<void> => {
    const body = JSON.parse((await text(incoming)) || '{}') as Json;
    if (incoming.method !== 'POST') {
      // LiveKit's plugin looks at `/models` to warm its connection up.
      response.writeHead(200, { 'content-type': 'application/json' }).end('{"data":[]}');
      return;
    }
    const index = requests.length;
    requests.push(body);
    live += 1;
    response.on('close', () => {
      live -= 1;
    });
    const word = words[index] ?? caseOf(body);
    const path = (incoming.url ?? '').replace(/^\/v1/u, '').split('?')[0];
    const earlier = requests.slice(0, index).filter((other) => caseOf(other) === word).length;
    const failure = failureOf(word, path === '/messages', earlier);
    const answer = new Answer(response, index, (prompt, completion) => {
      bill.prompt += prompt;
      bill.completion += completion;
    });
    if (failure !== undefined) answer.json(failure, failure.status);
    else if (path === '/chat/completions') await chat(answer, body, word);
    else if (path === '/completions') await textCompletion(answer, body, word);
    else if (path === '/responses') await responses(answer, body, word);
    else if (path === '/messages') await messages(answer, body, word);
    else embeddings(answer, body);
  };
  const server = createServer((incoming, response) => void handle(incoming, response));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    origin,
    url: `${origin}/v1`,
    requests,
    get live() {
      return live;
    },
    bill: () => ({ ...bill }),
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

function listOf(value: unknown): readonly Json[] {
  return Array.isArray(value) ? (value as Json[]) : [];
}

function wordsOf(content: unknown): string {
  if (typeof content === 'string') return content;
  return listOf(content)
    .map((part) => (typeof part['text'] === 'string' ? part['text'] : ''))
    .join('');
}

function caseOf(body: Json): string {
  const input = body['prompt'] ?? body['input'];
  const items =
    typeof input === 'string'
      ? [{ role: 'user', content: input }]
      : listOf(body['messages'] ?? input);
  const asked = items.filter(
    (item: Json) => item['role'] === 'user' && wordsOf(item['content']).trim() !== '',
  );
  const last = wordsOf(asked.at(-1)?.['content']).trim();
  const word = (last.split(/\s/u)[0] ?? '').toLowerCase() || 'hello';
  const newest: Json = items.at(-1) ?? {};
  const isAnswered =
    newest['role'] === 'tool' ||
    newest['type'] === 'function_call_output' ||
    listOf(newest['content']).some(({ type }) => type === 'tool_result');
  if (word === 'handoff') return isAnswered ? 'hello' : word;
  return word === 'tool' && isAnswered ? 'toolend' : word;
}

function callsFor(word: string, { tools }: Json): readonly Call[] {
  if (word === 'tool' || word === 'mixed') return CALLS;
  if (word !== 'handoff') return [];
  const [first] = listOf(tools);
  const called = (first?.['function'] ?? first) as Json | undefined;
  const { required = [] } = (called?.['parameters'] ?? {}) as { required?: readonly string[] };
  const input = JSON.stringify(Object.fromEntries(required.map((name) => [name, 'Paris'])));
  return [{ id: 'call_HAND', name: String(called?.['name']), input }];
}

function failureOf(
  word: string,
  isAnthropic: boolean,
  earlier: number,
): (Json & { readonly status: number }) | undefined {
  const error = (status: number, type: string, message: string): Json & { status: number } => ({
    status,
    type: 'error',
    error: isAnthropic ? { type, message } : { message, type, code: type },
  });
  if (word === 'err401') return error(401, 'authentication_error', 'Incorrect API key: sk-secret');
  if (word === 'once429' && earlier === 0) return error(429, 'rate_limit_error', 'Rate limit');
  return undefined;
}

function textFor(word: string): string {
  switch (word) {
    case 'json':
      return '{"city":"Paris","temp":18}';
    case 'toolend':
      return 'It is 18 degrees at noon.';
    case 'slow':
      return 'word '.repeat(200);
    case 'drop':
      return 'this will be cut off ';
    default:
      return 'Hello from the local server.';
  }
}

/** One answer on its way. */
class Answer {
  readonly index: number;
  readonly charge: (prompt: number, completion: number) => void;
  readonly #response: ServerResponse;

  constructor(
    response: ServerResponse,
    index: number,
    charge: (prompt: number, completion: number) => void,
  ) {
    this.#response = response;
    this.index = index;
    this.charge = charge;
  }

  json(body: Json, status = 200): void {
    const id = `req_${this.index}`;
    const headers = { 'content-type': 'application/json', 'x-request-id': id, 'request-id': id };
    this.#response.writeHead(status, headers);
    this.#response.end(JSON.stringify(body));
  }

  startEvents(): void {
    const id = `req_${this.index}`;
    const headers = { 'content-type': 'text/event-stream', 'x-request-id': id, 'request-id': id };
    this.#response.writeHead(200, headers);
  }

  event(data: Json | string, type?: string): void {
    const name = type === undefined ? '' : `event: ${type}\n`;
    this.#response.write(
      `${name}data: ${typeof data === 'string' ? data : JSON.stringify(data)}\n\n`,
    );
  }

  end(): void {
    this.#response.end();
  }

  /** Sends a text word by word; false when it came to no end. */
  async words(word: string, send: (piece: string) => void): Promise<boolean> {
    for (const piece of textFor(word).split(/(?<= )/u)) {
      if (this.#response.destroyed) return false;
      send(piece);
      await sleep(word === 'slow' ? 10 : 1);
      if (word !== 'drop') continue;
      await sleep(20);
      this.#response.destroy();
      return false;
    }
    return true;
  }
}

async function chat(answer: Answer, body: Json, word: string): Promise<void> {
  const { index } = answer;
  const calls = callsFor(word, body);
  const usage = {
    prompt_tokens: 100 + index,
    completion_tokens: 20,
    total_tokens: 120 + index,
    prompt_tokens_details: { cached_tokens: 64, audio_tokens: 0 },
    completion_tokens_details: { reasoning_tokens: 8, audio_tokens: 0 },
  };
  const reason = calls.length > 0 ? 'tool_calls' : word === 'len' ? 'length' : 'stop';
  const head = { id: `chatcmpl-${index}`, created: 1_700_000_000, model: MODEL };
  const count = typeof body['n'] === 'number' ? body['n'] : 1;
  const refusal = word === 'refuse' ? 'I will not.' : null;
  if (body['stream'] !== true) {
    answer.charge(usage.prompt_tokens, 20);
    const message = {
      role: 'assistant',
      content: calls.length > 0 || refusal !== null ? null : textFor(word),
      refusal,
      ...(calls.length > 0 && {
        tool_calls: calls.map(({ id, name, input }) => ({
          id,
          type: 'function',
          function: { name, arguments: input },
        })),
      }),
      ...(word === 'speak' && {
        audio: { id: 'audio_1', data: 'UklGRg==', transcript: 'Spoken words.', expires_at: 1 },
      }),
    };
    const choices = Array.from({ length: count }, (_, at) => ({
      index: at,
      logprobs: null,
      finish_reason: reason,
      message,
    }));
    answer.json({ ...head, object: 'chat.completion', usage, choices });
    return;
  }
  answer.startEvents();
  const put = (rest: Json): void =>
    answer.event({ ...head, object: 'chat.completion.chunk', ...rest });
  const delta = (piece: Json, end: string | null = null): void =>
    put({ choices: [{ index: 0, delta: piece, finish_reason: end }] });
  delta({ role: 'assistant', content: calls.length > 0 ? null : '' });
  if (refusal !== null) delta({ refusal });
  else if (calls.length === 0) {
    if (!(await answer.words(word, (content) => delta({ content })))) return;
  }
  const pieces = calls.flatMap(({ id, name, input }, at) => [
    { index: at, id, type: 'function', function: { name, arguments: '' } },
    { index: at, function: { arguments: input.slice(0, 6) } },
    { index: at, function: { arguments: input.slice(6) } },
  ]);
  // `mixed`: told apart by index alone.
  const order = word === 'mixed' ? [0, 3, 1, 4, 2, 5] : [0, 1, 2, 3, 4, 5];
  for (const at of order) {
    const piece = pieces[at];
    if (piece !== undefined) delta({ tool_calls: [piece] });
  }
  delta({}, reason);
  answer.charge(usage.prompt_tokens, 20);
  const options = body['stream_options'] as Json | undefined;
  if (options?.['include_usage'] === true) put({ choices: [], usage });
  answer.event('[DONE]');
  answer.end();
}

async function textCompletion(answer: Answer, body: Json, word: string): Promise<void> {
  const usage = { prompt_tokens: 10, completion_tokens: 6, total_tokens: 16 };
  const head = { id: 'cmpl-1', object: 'text_completion', created: 1_700_000_000, model: MODEL };
  const choice = (piece: string, reason: string | null): Json => ({
    choices: [{ index: 0, text: piece, logprobs: null, finish_reason: reason }],
  });
  answer.charge(10, 6);
  if (body['stream'] !== true) {
    answer.json({ ...head, ...choice(textFor(word), 'stop'), usage });
    return;
  }
  answer.startEvents();
  await answer.words(word, (piece) => answer.event({ ...head, ...choice(piece, null) }));
  answer.event({ ...head, ...choice('', 'stop') });
  answer.event({ ...head, choices: [], usage });
  answer.event('[DONE]');
  answer.end();
}

async function responses(answer: Answer, body: Json, word: string): Promise<void> {
  const { index } = answer;
  const usage = {
    input_tokens: 200 + index,
    input_tokens_details: { cached_tokens: 128 },
    output_tokens: 30,
    output_tokens_details: { reasoning_tokens: 16 },
    total_tokens: 230 + index,
  };
  const thought = {
    id: 'rs_1',
    type: 'reasoning',
    summary: [{ type: 'summary_text', text: 'I think.' }],
  };
  const part = { type: 'output_text', text: textFor(word), annotations: [], logprobs: [] };
  const said = {
    id: 'msg_1',
    type: 'message',
    role: 'assistant',
    status: 'completed',
    content: [part],
  };
  const calls = callsFor(word, body).map(({ id, name, input }, at) => ({
    id: `fc_${at}`,
    type: 'function_call',
    status: 'completed',
    call_id: id,
    name,
    arguments: input,
  }));
  const output: readonly Json[] = [
    ...(word === 'think' ? [thought] : []),
    ...(calls.length > 0 ? calls : [said]),
  ];
  const status = word === 'len' ? 'incomplete' : word === 'fail' ? 'failed' : 'completed';
  const respond = (state: string, items: readonly Json[]): Json => ({
    id: `resp_${index}`,
    object: 'response',
    created_at: 1_700_000_000,
    status: state,
    error: state === 'failed' ? { code: 'server_error', message: 'The model broke.' } : null,
    incomplete_details: state === 'incomplete' ? { reason: 'max_output_tokens' } : null,
    instructions: body['instructions'] ?? null,
    model: MODEL,
    output: items,
    tools: body['tools'] ?? [],
    text: body['text'] ?? { format: { type: 'text' } },
    usage: state === 'in_progress' ? null : usage,
  });
  if (body['stream'] !== true) {
    answer.charge(usage.input_tokens, 30);
    answer.json(respond(status, output));
    return;
  }
  answer.startEvents();
  let number = 0;
  const put = (type: string, rest: Json): void => {
    answer.event({ type, sequence_number: number, ...rest }, type);
    number += 1;
  };
  put('response.created', { response: respond('in_progress', []) });
  for (const [at, item] of output.entries()) {
    const place = { output_index: at, item_id: item['id'] };
    const isMessage = item['type'] === 'message';
    const isCall = item['type'] === 'function_call';
    put('response.output_item.added', {
      output_index: at,
      item: isMessage ? { ...item, content: [] } : isCall ? { ...item, arguments: '' } : item,
    });
    if (isMessage) {
      const empty = { ...part, text: '' };
      put('response.content_part.added', { ...place, content_index: 0, part: empty });
      const send = (delta: string): void =>
        put('response.output_text.delta', { ...place, content_index: 0, delta, logprobs: [] });
      if (!(await answer.words(word, send))) return;
      const { text: whole } = part;
      put('response.output_text.done', { ...place, content_index: 0, text: whole, logprobs: [] });
      put('response.content_part.done', { ...place, content_index: 0, part });
    }
    if (isCall) {
      put('response.function_call_arguments.delta', { ...place, delta: item['arguments'] });
      put('response.function_call_arguments.done', {
        ...place,
        name: item['name'],
        arguments: item['arguments'],
      });
    }
    put('response.output_item.done', { output_index: at, item });
  }
  answer.charge(usage.input_tokens, 30);
  put(`response.${status}`, { response: respond(status, output) });
  answer.end();
}

/** `input_tokens` leaves cached ones out: the bill's prompt is the sum. */
async function messages(answer: Answer, body: Json, word: string): Promise<void> {
  const { index } = answer;
  const usage = {
    input_tokens: 50 + index,
    cache_creation_input_tokens: 1000,
    cache_read_input_tokens: 2000,
    output_tokens: 40,
    service_tier: 'standard',
  };
  const head = {
    id: `msg_${index}`,
    type: 'message',
    role: 'assistant',
    model: 'claude-sonnet-4-5-20250929',
  };
  const calls = CALLS.map(({ id, name, input }) => ({
    type: 'tool_use',
    id: id.replace('call', 'toolu'),
    name,
    input: JSON.parse(input) as Json,
  }));
  const content: readonly Json[] = [
    ...(word === 'think' ? [{ type: 'thinking', thinking: 'I think.', signature: 'sig' }] : []),
    { type: 'text', text: word === 'tool' ? 'Checking.' : textFor(word) },
    ...(word === 'tool' ? calls : []),
  ];
  const reason = word === 'tool' ? 'tool_use' : word === 'len' ? 'max_tokens' : 'end_turn';
  if (body['stream'] !== true) {
    answer.charge(usage.input_tokens + 3000, 40);
    answer.json({ ...head, content, stop_reason: reason, stop_sequence: null, usage });
    return;
  }
  answer.startEvents();
  const put = (type: string, rest: Json): void => answer.event({ type, ...rest }, type);
  put('message_start', {
    message: {
      ...head,
      content: [],
      stop_reason: null,
      stop_sequence: null,
      usage: { ...usage, output_tokens: 1 },
    },
  });
  for (const [at, block] of content.entries()) {
    const delta = (piece: Json): void => put('content_block_delta', { index: at, delta: piece });
    switch (block['type']) {
      case 'thinking':
        put('content_block_start', {
          index: at,
          content_block: { ...block, thinking: '', signature: '' },
        });
        delta({ type: 'thinking_delta', thinking: block['thinking'] });
        delta({ type: 'signature_delta', signature: block['signature'] });
        break;
      case 'tool_use':
        put('content_block_start', { index: at, content_block: { ...block, input: {} } });
        for (const piece of JSON.stringify(block['input']).match(/.{1,6}/gsu) ?? []) {
          delta({ type: 'input_json_delta', partial_json: piece });
        }
        break;
      default: {
        put('content_block_start', { index: at, content_block: { type: 'text', text: '' } });
        if (word === 'tool') {
          delta({ type: 'text_delta', text: block['text'] });
          break;
        }
        if (word === 'overloaded') {
          delta({ type: 'text_delta', text: 'Hello' });
          put('error', { error: { type: 'overloaded_error', message: 'Overloaded' } });
          answer.end();
          return;
        }
        const send = (piece: string): void => delta({ type: 'text_delta', text: piece });
        if (!(await answer.words(word, send))) return;
      }
    }
    put('content_block_stop', { index: at });
  }
  answer.charge(usage.input_tokens + 3000, 40);
  const delta = { stop_reason: reason, stop_sequence: null };
  put('message_delta', { delta, usage: { output_tokens: 40 } });
  put('message_stop', {});
  answer.end();
}

function embeddings(answer: Answer, body: Json): void {
  answer.charge(7, 0);
  const vector = [0.1, 0.2, 0.3];
  const base64 = Buffer.from(new Float32Array(vector).buffer).toString('base64');
  const data = [body['input']].flat().map((_, index) => ({
    object: 'embedding',
    index,
    embedding: body['encoding_format'] === 'base64' ? base64 : vector,
  }));
  const usage = { prompt_tokens: 7, total_tokens: 7 };
  answer.json({ object: 'list', model: 'text-embedding-3-small', data, usage });
}
