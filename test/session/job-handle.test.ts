import { afterEach, expect, it } from 'vitest';
import { manualSpan, setup, traceContextFields } from '../../src/index.js';
import { Job } from '../support/traceable-job.js';
import { traceSessions, type TracedSessions } from '../support/traced-sessions.js';

let traced: TracedSessions | undefined;

afterEach(async () => {
  await traced?.close();
  traced = undefined;
});

it('says how the caller took part and that they hung up', async () => {
  traced = await traceSessions();
  const job = new Job();
  const span = traced.tracing.job(job, { spanName: 'call' });
  const caller = { kind: 3, disconnectReason: 1 };
  job.room.emit('participantConnected', { kind: 4 });
  job.room.emit('participantConnected', caller);
  await span.run(() => manualSpan({ spanName: 'greet' }, () => {}));
  job.room.emit('participantDisconnected', caller);
  await job.end();
  const spans = await traced.arrived();
  expect(spans.only('call').attributes).toMatchObject({
    'session.id': 'RM_1',
    'voice.room_name': 'call-of-ada',
    'voice.participant.kind': 'sip',
    'voice.disconnect_reason': 'client_initiated',
    'voice.session.close_reason': 'participant_disconnected',
  });
  expect(spans.parentOf(spans.only('greet'))).toBe('call');
});

it('names a participant who is there already, and a room that was deleted', async () => {
  traced = await traceSessions();
  const job = new Job();
  job.room.remoteParticipants.set('caller', { kind: 0 });
  await traced.tracing.job(job, {}, () => Promise.resolve());
  expect((await traced.arrived()).named('voice.session')).toEqual([]);
  job.room.emit('disconnected', 5);
  await job.end();
  expect((await traced.arrived()).only('voice.session').attributes).toMatchObject({
    'voice.participant.kind': 'web',
    'voice.session.close_reason': 'room_deleted',
  });
});

it('knows who was in the room before the job joined it', async () => {
  traced = await traceSessions();
  const job = new Job();
  traced.tracing.job(job, {});
  const [first, second] = [{ kind: 3 }, { kind: 0 }];
  // As `rtc-node` does when a room is joined: no event names who is there already.
  job.room.remoteParticipants.set('first', first).set('second', second);
  job.room.emit('connectionStateChanged', 1);
  job.room.remoteParticipants.delete('first');
  job.room.emit('participantDisconnected', first);
  await job.end();
  expect((await traced.arrived()).only('voice.session').attributes).toMatchObject({
    'voice.participant.kind': 'sip',
    'voice.session.close_reason': 'job_shutdown',
  });
});

it('passes on what the entry function returns and throws', async () => {
  traced = await traceSessions();
  const thrown = new Error('no');
  await expect(traced.tracing.job(new Job(), {}, () => 7)).resolves.toBe(7);
  const failing = traced.tracing.job(new Job(), {}, () => {
    throw thrown;
  });
  await expect(failing).rejects.toBe(thrown);
});

it('just runs the entry function where tracing is disabled', async () => {
  process.env['CATALYST_DISABLED'] = 'true';
  try {
    const tracing = await setup();
    await expect(tracing.job(new Job(), {}, () => 7)).resolves.toBe(7);
    await tracing.shutdown();
  } finally {
    delete process.env['CATALYST_DISABLED'];
  }
});

it('gives a log the ids of the active span, and none outside of one', async () => {
  traced = await traceSessions();
  expect(traceContextFields()).toEqual({});
  const fields = await manualSpan({ spanName: 'step' }, () => traceContextFields());
  const step = (await traced.arrived()).only('step');
  expect(fields).toEqual({ trace_id: step.traceId, span_id: step.spanId, trace_flags: '01' });
});

it('keeps the name of the room where it keeps people', async () => {
  traced = await traceSessions({ privacy: { allowPii: false } });
  const job = new Job();
  await traced.tracing.job(job, {}, () => Promise.resolve());
  await job.end();
  const { attributes } = (await traced.arrived()).only('voice.session');
  expect(attributes['voice.room.sid']).toBe('RM_1');
  expect(Object.values(attributes)).not.toContain('call-of-ada');
});

it('leaves the job alone whose context or room cannot be used', async () => {
  traced = await traceSessions();
  const fail = (): never => {
    throw new Error('not to be seen');
  };
  for (const broken of [
    Object.defineProperty(new Job(), 'room', { get: fail }),
    Object.assign(new Job(), { room: { on: fail } }),
    Object.assign(new Job(), { addShutdownCallback: fail }),
  ]) {
    await expect(traced.tracing.job(broken, {}, () => 7)).resolves.toBe(7);
  }
  const job = new Job();
  await traced.tracing.job(job, {}, () => 7);
  const caller = new Proxy({}, { get: fail });
  expect(() => job.room.emit('participantConnected', caller)).not.toThrow();
});
