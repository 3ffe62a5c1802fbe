import {
  ContextAttributes,
  getAttributesFromContext,
  setAttributes,
  setMetadata,
  setPromptTemplate,
  setSession,
  setTags,
  setUser,
} from '@arizeai/openinference-core';
import { ROOT_CONTEXT } from '@opentelemetry/api';
import { expect, it } from 'vitest';
import {
  OPEN_INFERENCE_CONTEXT_KEYS,
  readOpenInferenceContext,
} from '../../src/session/identity.js';

it('knows every context key of OpenInference', () => {
  const own = new Set(OPEN_INFERENCE_CONTEXT_KEYS);
  expect(own).toEqual(new Set(Object.values(ContextAttributes)));
});

it('reads what the setters of OpenInference wrote, as it reads it itself', () => {
  let context = setSession(ROOT_CONTEXT, { sessionId: 's' });
  context = setUser(context, { userId: 'u' });
  context = setMetadata(context, { plan: 'gold', seats: 2 });
  context = setTags(context, ['a', 'b']);
  context = setPromptTemplate(context, { template: '{x}', variables: { x: '1' }, version: 'v1' });
  context = setAttributes(context, { note: 'n', counts: [1, 2], done: true });
  const read = readOpenInferenceContext(context);
  expect(read?.identity.sessionId).toBe('s');
  expect(read?.identity.userId).toBe('u');
  expect(read?.identity.metadata).toEqual({ plan: 'gold', seats: 2 });
  expect(read?.identity.tags).toEqual(['a', 'b']);
  const theirs = getAttributesFromContext(context);
  for (const key of ['session.id', 'user.id', 'metadata', 'tag.tags']) delete theirs[key];
  expect(read?.attributes).toEqual(theirs);
  expect(Object.keys(theirs)).toHaveLength(6);
});

it('takes a key for a key, whatever its name', () => {
  const context = setAttributes(ROOT_CONTEXT, JSON.parse('{"__proto__":["a"],"b":1}'));
  const attributes = readOpenInferenceContext(context)?.attributes ?? {};
  expect(Object.entries(attributes)).toEqual([
    ['__proto__', ['a']],
    ['b', 1],
  ]);
  expect(Object.getPrototypeOf(attributes)).toBe(Object.prototype);
});

it('takes nothing that no attribute may be', () => {
  const [odd = Symbol('none')] = Object.entries(ContextAttributes)
    .filter(([name]) => name === 'attributes')
    .map(([, key]) => key);
  for (const value of ['{"a":{"b":1}}', '[1]', 'no JSON', 7, undefined]) {
    expect(readOpenInferenceContext(ROOT_CONTEXT.setValue(odd, value))).toBeUndefined();
  }
});
