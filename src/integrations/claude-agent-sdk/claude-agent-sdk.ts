import type { Integration } from '../integration.js';
import { moduleParts } from '../integration.js';
import { aroundMethod } from '../patch-method.js';
import { tracedQuery } from './wrap-query.js';

/**
 * The SDK as an object whose `query` can be replaced: CommonJS exports, `{ default }`, a copy. An ES
 * module's namespace cannot be changed: its `query` has to be wrapped where it is imported.
 */
export const CLAUDE_AGENT_SDK: Integration = {
  name: 'claudeAgentSdk',
  expected:
    'a copy of `@anthropic-ai/claude-agent-sdk` whose query can be replaced (an ES module cannot be changed): call wrapClaudeAgentSdkQuery(query) from catalyst-tracing instead',
  patch: (module, tracer) =>
    moduleParts(module, ['default'])
      .filter((part) => isWritable(part))
      .map((part) =>
        aroundMethod(part, 'query', (call, args, self) => tracedQuery(call, self, args, tracer)),
      ),
};

function isWritable(part: object): boolean {
  const { value, writable } = Object.getOwnPropertyDescriptor(part, 'query') ?? {};
  // A namespace says that it is writable, and isn't.
  const isNamespace = Reflect.get(part, Symbol.toStringTag) === 'Module';
  return typeof value === 'function' && writable === true && !isNamespace;
}
