import { expect, it, vi } from 'vitest';
import { addTraceContextToLogs } from '../../src/index.js';
import { bundled } from '../support/child-process.js';
import { runJob } from '../support/job-process.js';
import { startReceiver } from '../support/otlp-receiver.js';

interface Line {
  readonly msg: string;
  readonly region: string;
  readonly component?: string;
  readonly trace_id?: string;
  readonly span_id?: string;
  readonly trace_flags?: string;
}

function readLines(output: string): readonly Line[] {
  return output
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as Line);
}

it('puts the ids of the active span on the lines that LiveKit itself logs in a job', async () => {
  const receiver = await startReceiver();
  const job = await runJob({
    agent: bundled('session-job-child'),
    logLevel: 'debug',
    // LiveKit's logger has a mixin of its own then.
    env: {
      CATALYST_OTLP_ENDPOINT: receiver.endpoint,
      LIVEKIT_REGION_NAME: 'eu-west',
      LOGS: 'yes',
    },
  });
  await receiver.close();
  expect(job.code).toBe(0);
  const spans = receiver.spans();
  const names = new Map(spans.map(({ spanId, name }) => [spanId, name]));
  const lines = readLines(job.output);
  const only = (message: string): Line => {
    const found = lines.filter(({ msg }) => msg.startsWith(message));
    const [first] = found;
    if (first === undefined || found.length > 1) throw new Error(`${found.length} ${message}`);
    return first;
  };
  const spanOf = ({ span_id: id }: Line): string | undefined => names.get(id ?? '');

  expect(spanOf(only('failed to generate LLM completion, retrying'))).toBe('llm_request');
  expect(spanOf(only('exception occurred while executing tool'))).toBe('function_tool');
  expect(spanOf(only('AgentSession closed'))).toBe('agent_session');
  expect(spanOf(only('greeted'))).toBe('voice.deliver_initial_greeting');
  const traceIds = lines.flatMap(({ trace_id: id }) => (id === undefined ? [] : [id]));
  expect(new Set(traceIds)).toEqual(new Set([spans[0]?.traceId, 'mine']));
  expect(only('greeted').trace_flags).toBe('01');
  expect(only('of a child that was there')).toMatchObject({
    component: 'desk',
    trace_id: spans[0]?.traceId,
  });
  expect(only('with an id of its own').trace_id).toBe('mine');
  // Before it was asked for, and where no span is active.
  expect(only('before')).not.toHaveProperty('trace_id');
  expect(only('job started')).not.toHaveProperty('trace_id');
  expect(lines.every(({ region }) => region === 'eu-west')).toBe(true);
});

it('leaves what is no logger of pino as it is, and says so once', () => {
  const said = vi.spyOn(console, 'warn').mockImplementation(() => {});
  const logger = { info: () => {} };
  expect(addTraceContextToLogs(logger)).toBe(false);
  expect(addTraceContextToLogs(logger)).toBe(false);
  expect(Reflect.ownKeys(logger)).toEqual(['info']);
  expect(said.mock.calls.join()).toContain('no pino logger');
  expect(said).toHaveBeenCalledTimes(1);
  said.mockRestore();
});
