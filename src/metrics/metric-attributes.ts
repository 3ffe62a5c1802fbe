import { SemanticConventions as S } from '@arizeai/openinference-semantic-conventions';
import type { MappingContext } from '../mapping/mapping-context.js';
import type { MeasuredSpan } from '../session/measured-span.js';
import { AttributeSets } from './attribute-sets.js';

/** The attributes that a metric may have. */
export type MetricAttribute =
  | 'tenant.id'
  | 'outcome'
  | 'error.type'
  | 'gen_ai.agent.name'
  | 'gen_ai.operation.name'
  | 'gen_ai.provider.name'
  | 'gen_ai.request.model'
  | 'gen_ai.token.type'
  | 'gen_ai.tool.name'
  | 'llm.model'
  | 'llm.provider'
  | 'reason'
  | 'voice.amd.category'
  | 'voice.component'
  | 'voice.participant.kind'
  | 'voice.session.close_reason'
  | 'voice.stt.model'
  | 'voice.stt.provider';

/** Reads one attribute of a measurement; `undefined` leaves it out. */
type AttributeReader = (span: MeasuredSpan) => string | undefined;

const requestedModel: AttributeReader = (span) =>
  span.context.model ?? span.text(S.LLM_MODEL_NAME) ?? span.text('voice.tts.model');

/** What went wrong, or `_OTHER`, as OpenTelemetry calls an error without a name. */
const errorType: AttributeReader = (span) =>
  span.hasFailed ? (span.text('error.type') ?? '_OTHER') : undefined;

/** How it ended; a session that its `close` event says ended with an error failed too. */
function outcome({ hasFailed, context }: MeasuredSpan): string {
  if (context.incomplete) return 'incomplete';
  return hasFailed || context.observed?.closing?.reason === 'error' ? 'failure' : 'success';
}

/**
 * All of them have few values: no session, no user, no room,
 * and never a word that was said.
 */
const READERS: Readonly<Record<MetricAttribute, AttributeReader>> = {
  'tenant.id': ({ context }) => context.tenantId,
  outcome,
  'error.type': errorType,
  'gen_ai.agent.name': ({ context }) => context.agent?.name ?? context.agent?.id,
  'gen_ai.operation.name': (span) => span.text('gen_ai.operation.name') ?? 'chat',
  'gen_ai.provider.name': (span) =>
    span.text('gen_ai.provider.name') ??
    span.text('gen_ai.system') ??
    span.text(S.LLM_PROVIDER) ??
    span.text('voice.tts.provider'),
  'gen_ai.request.model': requestedModel,
  'gen_ai.token.type': () => undefined,
  'gen_ai.tool.name': (span) => span.text(S.TOOL_NAME),
  'llm.model': (span) => span.text(S.LLM_MODEL_NAME),
  'llm.provider': (span) => span.text(S.LLM_PROVIDER) ?? span.text('gen_ai.system'),
  reason: () => undefined,
  'voice.amd.category': (span) => span.text('voice.amd.category'),
  'voice.component': ({ name }) => (name.startsWith('tts') ? 'tts' : 'llm'),
  'voice.participant.kind': ({ context }) => context.job?.participantKind,
  'voice.session.close_reason': ({ context }) => closeReason(context),
  'voice.stt.model': ({ context }) => context.observed?.stt?.model,
  'voice.stt.provider': ({ context }) => context.observed?.stt?.provider,
};

/** Reasons that are told apart; the application's own words are `other`. */
const CLOSE_REASONS: ReadonlySet<string> = new Set([
  'error',
  'job_shutdown',
  'participant_disconnected',
  'user_initiated',
  'room_deleted',
  'room_closed',
  'participant_removed',
  'connection_lost',
  'sip_trunk_failure',
]);

function closeReason({ observed, job, incomplete }: MappingContext): string | undefined {
  if (incomplete) return 'incomplete';
  const reason = observed?.closing?.reason ?? job?.closeReason;
  return reason === undefined || CLOSE_REASONS.has(reason) ? reason : 'other';
}

/** The sets of attributes of an instrument's measurements; `fixed` is one that no span says. */
export function attributeSetsOf(
  names: readonly MetricAttribute[],
  fixed: readonly [MetricAttribute, string] | undefined,
): AttributeSets<MeasuredSpan> {
  return new AttributeSets(
    names.map((name) => [name, name === fixed?.[0] ? () => fixed[1] : READERS[name]]),
  );
}
