import { SemanticConventions as S } from '@arizeai/openinference-semantic-conventions';
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

const requestedModel: AttributeReader = ({ figures }) =>
  figures.text('gen_ai.request.model') ??
  figures.text(S.LLM_MODEL_NAME) ??
  figures.text('voice.tts.model');

/** What went wrong, or `_OTHER`, as OpenTelemetry calls an error without a name. */
const errorType: AttributeReader = ({ figures, hasFailed }) =>
  hasFailed ? (figures.text('error.type') ?? '_OTHER') : undefined;

/** How it ended; a session that its `close` event says ended with an error failed too. */
function outcome({ hasFailed, facts }: MeasuredSpan): string {
  if (facts.incomplete) return 'incomplete';
  return hasFailed || facts.observed?.closing?.reason === 'error' ? 'failure' : 'success';
}

/**
 * All of them have few values: no session, no user, no room,
 * and never a word that was said.
 */
const READERS: Readonly<Record<MetricAttribute, AttributeReader>> = {
  'tenant.id': ({ facts }) => facts.tenantId,
  outcome,
  'error.type': errorType,
  'gen_ai.agent.name': ({ facts }) => facts.agent?.name ?? facts.agent?.id,
  'gen_ai.operation.name': ({ figures }) => figures.text('gen_ai.operation.name') ?? 'chat',
  'gen_ai.provider.name': ({ figures }) =>
    figures.text('gen_ai.provider.name') ??
    figures.text('gen_ai.system') ??
    figures.text(S.LLM_PROVIDER) ??
    figures.text('voice.tts.provider'),
  'gen_ai.request.model': requestedModel,
  'gen_ai.token.type': () => undefined,
  'gen_ai.tool.name': ({ figures }) => figures.text(S.TOOL_NAME),
  'llm.model': ({ figures }) => figures.text(S.LLM_MODEL_NAME),
  'llm.provider': ({ figures }) => figures.text(S.LLM_PROVIDER) ?? figures.text('gen_ai.system'),
  reason: () => undefined,
  'voice.amd.category': ({ figures }) => figures.text('voice.amd.category'),
  'voice.component': ({ name }) => (name.startsWith('tts') ? 'tts' : 'llm'),
  'voice.participant.kind': ({ facts }) => facts.job?.participantKind,
  'voice.session.close_reason': ({ facts }) => closeReason(facts),
  'voice.stt.model': ({ facts }) => facts.observed?.stt?.model,
  'voice.stt.provider': ({ facts }) => facts.observed?.stt?.provider,
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

function closeReason({ observed, job, incomplete }: MeasuredSpan['facts']): string | undefined {
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
