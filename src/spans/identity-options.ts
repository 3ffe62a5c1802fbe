import type { Identity } from '../session/identity.js';
import type { OptionReader } from './option-reader.js';

/** Names of the options that say which agent it is, the first ones winning. */
export interface AgentOptionNames {
  readonly id: readonly string[];
  readonly name: readonly string[];
  readonly role: readonly string[];
}

/** Whose span it is, out of its options; `undefined` when they say nothing. */
export function readIdentity(reader: OptionReader, names: AgentOptionNames): Identity | undefined {
  const agent = {
    id: reader.text(...names.id),
    name: reader.text(...names.name),
    role: reader.text(...names.role),
  };
  const identity: Identity = {
    sessionId: reader.text('sessionId'),
    userId: reader.text('userId'),
    agent: isSaid(agent) ? agent : undefined,
    metadata: reader.jsonRecord('metadata'),
    tags: reader.texts('tags'),
  };
  return isSaid(identity) ? identity : undefined;
}

function isSaid(values: object): boolean {
  return Object.values(values).some((value) => value !== undefined);
}
