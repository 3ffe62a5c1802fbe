import { expectTypeOf, it } from 'vitest';
import {
  agentSpan,
  manualSpan,
  startAgentSpan,
  startManualSpan,
  type NormalizedUsage,
  type OpenSpanHandle,
  type SpanHandle,
} from '../../src/index.js';

it('types what the function returns, and rejects typos', async () => {
  expectTypeOf(agentSpan({ agentId: 'a' }, () => 1)).resolves.toEqualTypeOf<number>();
  expectTypeOf(agentSpan({}, async () => 'a')).resolves.toEqualTypeOf<string>();
  expectTypeOf(
    manualSpan({ spanName: 'm' }, (span) => {
      expectTypeOf(span).toEqualTypeOf<SpanHandle>();
      expectTypeOf(span.recordUsage({})).toEqualTypeOf<NormalizedUsage>();
    }),
  ).resolves.toBeVoid();
  const open = startAgentSpan({});
  expectTypeOf(open).toEqualTypeOf<OpenSpanHandle>();
  expectTypeOf(open.setInput(1)).toEqualTypeOf<OpenSpanHandle>();
  expectTypeOf(open.run(() => 1)).toBeNumber();
  expectTypeOf(open.run(async () => 1)).resolves.toBeNumber();

  // @ts-expect-error a typo
  await agentSpan({ agentID: 'a' }, () => {});
  // @ts-expect-error a manual span has a name
  await manualSpan({}, () => {});
  // @ts-expect-error a kind that is none
  startManualSpan({ spanName: 'm', spanKind: 'AGNET' });
  // @ts-expect-error an option of agent spans
  startManualSpan({ spanName: 'm', role: 'r' });
  // @ts-expect-error a number is no text
  startAgentSpan({ sessionId: 5 });
  // @ts-expect-error no such count
  open.recordTokens({ promt: 1 });
  // @ts-expect-error the function is missing
  await agentSpan({ agentId: 'a' }).catch(() => {});
});
