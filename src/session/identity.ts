import { SemanticConventions as S } from '@arizeai/openinference-semantic-conventions';
import { createContextKey, ROOT_CONTEXT, type Attributes, type Context } from '@opentelemetry/api';
import { isAttributeValue } from '@opentelemetry/core';
import {
  asText,
  isRecord,
  parseJson,
  parseJsonRecord,
  type JsonRecord,
} from '../mapping/read-attributes.js';
import type { AgentIdentity, MappingContext } from '../mapping/mapping-context.js';

/** What the application says of a run, for the spans below it that cannot know. */
export type Identity = Pick<
  MappingContext,
  'sessionId' | 'userId' | 'agent' | 'metadata' | 'tags' | 'useCase' | 'callSite'
>;

const IDENTITY_KEY = createContextKey('catalyst-tracing identity');

export function withIdentity(context: Context, identity: Identity): Context {
  return context.setValue(IDENTITY_KEY, identity);
}

export function identityOf(context: Context): Identity | undefined {
  const value = context.getValue(IDENTITY_KEY);
  return isIdentity(value) ? value : undefined;
}

function isIdentity(value: unknown): value is Identity {
  return isRecord(value) && 'sessionId' in value;
}

/**
 * The identity below `inner` inside `outer`. An agent is taken whole: one with another id never gets
 * the outer one's name or role. The outer agent itself comes back where `inner` names none, so that
 * a span which names one differs from a span which inherits it.
 */
export function mergeIdentity(outer: Identity, inner: Identity | undefined): Identity;
export function mergeIdentity(outer: Identity | undefined, inner: Identity): Identity;
export function mergeIdentity(
  outer: Identity | undefined,
  inner: Identity | undefined,
): Identity | undefined {
  if (outer === undefined || inner === undefined) return inner ?? outer;
  return {
    sessionId: inner.sessionId ?? outer.sessionId,
    userId: inner.userId ?? outer.userId,
    agent: mergeAgent(outer.agent, inner.agent),
    metadata: inner.metadata ? { ...outer.metadata, ...inner.metadata } : outer.metadata,
    tags: inner.tags ? [...new Set([...(outer.tags ?? []), ...inner.tags])] : outer.tags,
    useCase: inner.useCase ?? outer.useCase,
    callSite: inner.callSite ?? outer.callSite,
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

/**
 * The key under which `@arizeai/openinference-core` keeps a value in the context
 * (`trace/contextAttributes.ts`): the same in all copies and versions of it. The package itself is
 * not loaded, which would cost an agent's start as much as half of this one.
 */
function contextKey(name: string): symbol {
  return createContextKey(`OpenInference SDK Context Key ${name}`);
}

const SESSION_ID = contextKey(S.SESSION_ID);
const USER_ID = contextKey(S.USER_ID);
const METADATA = contextKey(S.METADATA);
const TAGS = contextKey(S.TAG_TAGS);
const ATTRIBUTES = contextKey('attributes');
const PROMPT_TEMPLATE: readonly (readonly [attribute: string, key: symbol])[] = [
  S.PROMPT_TEMPLATE_TEMPLATE,
  S.PROMPT_TEMPLATE_VARIABLES,
  S.PROMPT_TEMPLATE_VERSION,
].map((attribute) => [attribute, contextKey(attribute)]);

export const OPEN_INFERENCE_CONTEXT_KEYS: readonly symbol[] = [
  SESSION_ID,
  USER_ID,
  METADATA,
  TAGS,
  ATTRIBUTES,
  ...PROMPT_TEMPLATE.map(([, key]) => key),
];

export interface OpenInferenceContext {
  readonly identity: Identity;
  /** Prompt template and whatever else was set. */
  readonly attributes: Attributes;
  /** Whether some of it comes from a span above, because LiveKit has dropped the context in between. */
  readonly isInherited: boolean;
}

/**
 * Reads `setSession`, `setUser`, `setMetadata`, `setTags`, `setPromptTemplate` and `setAttributes`
 * of `@arizeai/openinference-core`; `undefined` when none was called.
 */
export function readOpenInferenceContext(context: Context): OpenInferenceContext | undefined {
  if (context === ROOT_CONTEXT) return undefined;
  // This runs for every span, and few contexts have one of these keys.
  if (OPEN_INFERENCE_CONTEXT_KEYS.every((key) => context.getValue(key) === undefined)) {
    return undefined;
  }
  const tags = parseJson(context.getValue(TAGS));
  const identity: Identity = {
    sessionId: asText(context.getValue(SESSION_ID)),
    userId: asText(context.getValue(USER_ID)),
    agent: undefined,
    metadata: parseJsonRecord(context.getValue(METADATA)),
    tags: Array.isArray(tags) && tags.every((tag) => typeof tag === 'string') ? tags : undefined,
  };
  const attributes = attributesIn(context);
  const isSet =
    Object.values(identity).some((value) => value !== undefined) ||
    Object.keys(attributes).length > 0;
  return isSet ? { identity, attributes, isInherited: false } : undefined;
}

/** Values that no attribute may have void what was set with them. */
function attributesIn(context: Context): Attributes {
  const attributes: Attributes = {};
  for (const [attribute, key] of PROMPT_TEMPLATE) {
    const value = context.getValue(key);
    if (value !== undefined && isAttributeValue(value)) attributes[attribute] = value;
  }
  const set = parseJsonRecord(context.getValue(ATTRIBUTES));
  // Spread, not assigned: a key named `__proto__` would change the object.
  return set !== undefined && isAttributes(set) ? { ...attributes, ...set } : attributes;
}

function isAttributes(record: JsonRecord): record is Attributes {
  return Object.values(record).every((value) => isAttributeValue(value));
}

/**
 * What applies to a span, from its context and from the spans around it. A context has all of it,
 * unless it begins below a dropped one: then what is set further out is added.
 */
export function openInferenceBelow(
  around: OpenInferenceContext | undefined,
  own: OpenInferenceContext | undefined,
): OpenInferenceContext | undefined {
  if (around === undefined) return own;
  if (own === undefined) return around.isInherited ? around : { ...around, isInherited: true };
  if (!around.isInherited) return own;
  return {
    identity: mergeIdentity(around.identity, own.identity),
    attributes: { ...around.attributes, ...own.attributes },
    isInherited: true,
  };
}
