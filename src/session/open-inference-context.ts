import { ROOT_CONTEXT, type Attributes, type Context } from '@opentelemetry/api';
import { mergeIdentity, type Identity } from './identity.js';
import {
  attributesIn,
  metadataIn,
  OPEN_INFERENCE_CONTEXT_KEYS,
  sessionIdIn,
  tagsIn,
  userIdIn,
} from './open-inference-keys.js';

/** What OpenInference's context setters say of everything below. */
export interface OpenInferenceContext {
  readonly identity: Identity;
  /** Prompt template and whatever else was set: put as it is. */
  readonly attributes: Attributes;
  /** Whether some of it comes from a span above, because LiveKit has dropped the context in between. */
  readonly isInherited: boolean;
}

/**
 * Reads `setSession`, `setUser`, `setMetadata`, `setTags`, `setPromptTemplate` and `setAttributes`
 * of `@arizeai/openinference-core`; `undefined` when none was called.
 */
export function readOpenInferenceContext(context: Context): OpenInferenceContext | undefined {
  if (context === ROOT_CONTEXT || !saysAnything(context)) return undefined;
  const attributes = attributesIn(context);
  const identity: Identity = {
    sessionId: sessionIdIn(context),
    userId: userIdIn(context),
    agent: undefined,
    metadata: metadataIn(context),
    tags: tagsIn(context),
  };
  const isSet =
    Object.values(identity).some((value) => value !== undefined) ||
    Object.keys(attributes).length > 0;
  return isSet ? { identity, attributes, isInherited: false } : undefined;
}

/**
 * What holds for a span, out of what its context says and what holds around. A context says all of
 * it, unless it begins below a dropped one: then what is said further out is added.
 */
export function openInferenceBelow(
  around: OpenInferenceContext | undefined,
  told: OpenInferenceContext | undefined,
): OpenInferenceContext | undefined {
  if (around === undefined) return told;
  if (told === undefined) return around.isInherited ? around : { ...around, isInherited: true };
  if (!around.isInherited) return told;
  return {
    identity: mergeIdentity(around.identity, told.identity),
    attributes: { ...around.attributes, ...told.attributes },
    isInherited: true,
  };
}

/** Nearly no context does, and every span starts in one of its own: asked without making anything. */
function saysAnything(context: Context): boolean {
  for (const key of OPEN_INFERENCE_CONTEXT_KEYS) {
    if (context.getValue(key) !== undefined) return true;
  }
  return false;
}
