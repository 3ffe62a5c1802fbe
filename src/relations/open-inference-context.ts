import { getAttributesFromContext } from '@arizeai/openinference-core';
import { SemanticConventions as S } from '@arizeai/openinference-semantic-conventions';
import type { Attributes, Context } from '@opentelemetry/api';
import { asText, parseJsonRecord } from '../mapping/read-attributes.js';
import type { Identity } from './identity.js';

/** What OpenInference's context setters say of everything below. */
export interface OpenInferenceContext {
  readonly identity: Identity;
  /** Prompt template and whatever else was set: put as it is. */
  readonly attributes: Attributes;
}

/** Contexts that say nothing, which are nearly all: siblings start in the same one. */
const SILENT = new WeakSet<Context>();

/**
 * Reads `setSession`, `setUser`, `setMetadata`, `setTags`, `setPromptTemplate` and `setAttributes`
 * of `@arizeai/openinference-core`; `undefined` when none was called.
 */
export function readOpenInferenceContext(context: Context): OpenInferenceContext | undefined {
  if (SILENT.has(context)) return undefined;
  const said = getAttributesFromContext(context);
  if (isEmpty(said)) {
    SILENT.add(context);
    return undefined;
  }
  const {
    [S.SESSION_ID]: sessionId,
    [S.USER_ID]: userId,
    [S.METADATA]: metadata,
    [S.TAG_TAGS]: tags,
    ...attributes
  } = said;
  const identity: Identity = {
    sessionId: asText(sessionId),
    userId: asText(userId),
    agent: undefined,
    metadata: parseJsonRecord(metadata),
    tags: Array.isArray(tags) ? tags.filter((tag) => typeof tag === 'string') : undefined,
  };
  const isSet =
    Object.values(identity).some((value) => value !== undefined) ||
    Object.keys(attributes).length > 0;
  return isSet ? { identity, attributes } : undefined;
}

function isEmpty(attributes: Attributes): boolean {
  for (const _key in attributes) return false;
  return true;
}
