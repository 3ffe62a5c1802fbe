#!/usr/bin/env node
// Stands in for Claude Code (402 MB): writes the messages that it writes, for prompts of these tests.
// Recorded shapes: Claude Code 2.1.332 with a local provider.
import { createInterface } from 'node:readline';

const isPartial = process.argv.includes('--include-partial-messages');
const printed = process.argv.includes('-p')
  ? process.argv[process.argv.indexOf('-p') + 1]
  : undefined;
const SESSION = '11111111-2222-4333-8444-555555555555';
const MODEL = 'claude-test-1';
const totals = {
  inputTokens: 0,
  outputTokens: 0,
  cacheReadInputTokens: 0,
  cacheCreationInputTokens: 0,
};
let count = 0;

const write = (message) => process.stdout.write(`${JSON.stringify(message)}\n`);
/** Messages of Claude Code do not come in the same millisecond. */
const pause = () => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 15);
const say = (message, parent = null) =>
  write({ parent_tool_use_id: parent, session_id: SESSION, uuid: `u${(count += 1)}`, ...message });
const text = (words) => ({ type: 'text', text: words });
const tool = (id, name, input) => ({ type: 'tool_use', id, name, input });
const FIRST = { input_tokens: 100, cache_read_input_tokens: 40, cache_creation_input_tokens: 8 };
const SECOND = { input_tokens: 150, cache_read_input_tokens: 100, cache_creation_input_tokens: 0 };

/** One message of the API, in pieces: exact counts come in stream events, of the main loop alone. */
function answer(blocks, reason, usage, output, extra = {}) {
  pause();
  const id = `msg_${(count += 1)}`;
  const parent = extra.parent ?? null;
  const head = { id, type: 'message', role: 'assistant', model: MODEL, stop_reason: null };
  const started = { ...usage, output_tokens: 1 };
  const send = (event) => {
    if (isPartial && parent === null) say({ type: 'stream_event', event });
  };
  send({ type: 'message_start', message: { ...head, content: [], usage: started } });
  blocks.forEach((block, index) => {
    pause();
    send({ type: 'content_block_start', index, content_block: block });
    const message = { ...head, content: [block], usage: started };
    const { parent: _, ...named } = extra;
    say({ type: 'assistant', message, ...named }, parent);
    send({ type: 'content_block_stop', index });
  });
  send({
    type: 'message_delta',
    delta: { stop_reason: reason },
    usage: { output_tokens: output },
  });
  send({ type: 'message_stop' });
  totals.inputTokens += usage.input_tokens;
  totals.outputTokens += output;
  totals.cacheReadInputTokens += usage.cache_read_input_tokens ?? 0;
  totals.cacheCreationInputTokens += usage.cache_creation_input_tokens ?? 0;
}

function toolResult(id, words, { isError = false, parent = null, result } = {}) {
  pause();
  const block = { type: 'tool_result', tool_use_id: id, content: [text(words)], is_error: isError };
  const message = { role: 'user', content: [block] };
  say({ type: 'user', message, ...(result && { tool_use_result: result }) }, parent);
}

function finish(words, rest = {}) {
  say({
    type: 'result',
    subtype: 'success',
    is_error: false,
    result: words,
    total_cost_usd: 0.001708,
    num_turns: 1,
    usage: {},
    modelUsage: totals.inputTokens === 0 ? {} : { [MODEL]: { ...totals, costUSD: 0.001708 } },
    ...rest,
  });
}

function weather(isBroken) {
  const id = 'toolu_1';
  const call = tool(id, 'mcp__demo__weather', { city: 'Oslo' });
  answer([text('Let me look.'), call], 'tool_use', FIRST, 20);
  toolResult(id, isBroken ? 'tool went wrong' : 'Oslo: 21', { isError: isBroken });
  answer([text('It is 21 degrees in Oslo.')], 'end_turn', SECOND, 12);
  finish('It is 21 degrees in Oslo.');
}

function delegate() {
  const task = { description: 'look', prompt: 'weather in Oslo', subagent_type: 'helper' };
  answer([tool('toolu_a', 'Agent', task)], 'tool_use', FIRST, 20);
  toolResult('toolu_a', 'Async agent launched', { result: { status: 'async_launched' } });
  answer([text('I have asked the helper.')], 'end_turn', SECOND, 12);
  const below = { parent: 'toolu_a', agent_id: 'a1', subagent_type: 'helper' };
  answer([tool('toolu_b', 'Read', { file: 'x' })], 'tool_use', FIRST, 20, below);
  toolResult('toolu_b', 'Oslo: 21', { parent: 'toolu_a' });
  answer([text('Oslo: 21')], 'end_turn', SECOND, 12, below);
  const notification = { status: 'completed', tool_use_id: 'toolu_a', summary: 'Oslo: 21' };
  say({ type: 'system', subtype: 'task_notification', task_id: 'a1', ...notification });
  answer([text('Oslo: 21')], 'end_turn', { input_tokens: 7 }, 3);
  finish('Oslo: 21');
}

function prompt(words) {
  say({ type: 'system', subtype: 'init', model: MODEL, tools: [], mcp_servers: [] });
  if (words.startsWith('hello')) {
    answer([text('Hello.')], 'end_turn', { input_tokens: 7 }, 3);
    return finish('Hello.');
  }
  switch (words) {
    case 'weather in Oslo':
      return weather(false);
    case 'broken':
      return weather(true);
    case 'delegate':
      return delegate();
    case 'compact':
      answer([text('Done.')], 'end_turn', { input_tokens: 7 }, 3);
      totals.inputTokens += 90;
      totals.outputTokens += 9;
      return finish('Done.');
    case 'environment':
      answer([text(process.env.TRACEPARENT ?? '')], 'end_turn', { input_tokens: 7 }, 3);
      return finish(process.env.TRACEPARENT ?? '');
    case 'fail': {
      const content = [text('API Error: 400')];
      const message = { id: 's', role: 'assistant', model: '<synthetic>', content, usage: {} };
      say({ type: 'assistant', message });
      return finish('API Error: 400', { is_error: true, total_cost_usd: 0 });
    }
    case 'endless':
      return answer([text('Wait.')], 'end_turn', { input_tokens: 7 }, 3);
    default:
      return process.exit(1);
  }
}

if (printed !== undefined) {
  prompt(printed);
} else {
  createInterface({ input: process.stdin })
    .on('line', (line) => {
      const message = JSON.parse(line);
      if (message.type === 'control_request') {
        const response = { commands: [], models: [], account: {} };
        write({
          type: 'control_response',
          response: { subtype: 'success', request_id: message.request_id, response },
        });
      } else if (message.type === 'user') {
        const { content } = message.message;
        prompt(typeof content === 'string' ? content : content[0].text);
      }
    })
    .on('close', () => process.exit(0));
}
