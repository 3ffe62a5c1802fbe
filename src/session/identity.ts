import { createContextKey, type Context } from '@opentelemetry/api';
import type { AgentIdentity } from '../mapping/mapping-context.js';

/** What the application says of a run, for the spans below it that cannot know. */
export interface Identity {
  readonly sessionId: string | undefined;
  readonly userId: string | undefined;
  readonly agent: AgentIdentity | undefined;
  readonly metadata: Readonly<Record<string, unknown>> | undefined;
  readonly tags: readonly string[] | undefined;
}

const IDENTITY_KEY = createContextKey('catalyst-tracing identity');

export function withIdentity(context: Context, identity: Identity): Context {
  return context.setValue(IDENTITY_KEY, identity);
}

export function identityOf(context: Context): Identity | undefined {
  const value = context.getValue(IDENTITY_KEY);
  return isIdentity(value) ? value : undefined;
}

function isIdentity(value: unknown): value is Identity {
  return typeof value === 'object' && value !== null && 'sessionId' in value;
}

/**
 * What holds below `inner` inside `outer`. An agent is taken whole: one with another id never gets
 * the outer one's name or role. The outer agent itself comes back where `inner` names none, so that
 * a span which names one can be told from a span which inherits it.
 */
export function mergeIdentity(outer: Identity | undefined, inner: Identity): Identity {
  if (outer === undefined) return inner;
  return {
    sessionId: inner.sessionId ?? outer.sessionId,
    userId: inner.userId ?? outer.userId,
    agent: mergeAgent(outer.agent, inner.agent),
    metadata:
      inner.metadata === undefined ? outer.metadata : { ...outer.metadata, ...inner.metadata },
    tags:
      inner.tags === undefined ? outer.tags : [...new Set([...(outer.tags ?? []), ...inner.tags])],
  };
}

function mergeAgent(
  outer: AgentIdentity | undefined,
  inner: AgentIdentity | undefined,
): AgentIdentity | undefined {
  if (inner === undefined || inner === outer) return outer;
  if (outer === undefined || !isSameAgent(outer, inner)) return inner;
  return {
    id: inner.id ?? outer.id,
    name: inner.name ?? outer.name,
    role: inner.role ?? outer.role,
  };
}

/** An agent is its id; where `inner` gives none, a name that contradicts no other, or a role alone. */
function isSameAgent(outer: AgentIdentity, inner: AgentIdentity): boolean {
  if (inner.id !== undefined) return inner.id === outer.id;
  return inner.name === undefined || outer.name === undefined || inner.name === outer.name;
}
