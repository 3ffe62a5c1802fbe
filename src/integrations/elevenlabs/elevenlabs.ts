import { moduleParts, prototypeAt, type Integration } from '../integration.js';
import { patchStartSession } from './elevenlabs-client.js';
import { patchConversation } from './elevenlabs-js.js';

/** `elevenlabs-js` has its class in its own file: `…/conversationalAi/conversation`. */
const NAMES = ['Conversation', 'TextConversation', 'VoiceConversation', 'default'];

/** `@elevenlabs/client` starts a session by a static function, `elevenlabs-js` by a method. */
export const ELEVENLABS: Integration = {
  name: 'elevenlabs',
  expected:
    'ElevenLabs: pass the namespace of `@elevenlabs/client`, or the class `Conversation` of `@elevenlabs/elevenlabs-js`',
  patch(module, tracer) {
    const observed = new WeakSet<object>();
    return moduleParts(module, NAMES).flatMap((part) => {
      const prototype = prototypeAt(part, [], 'startSession');
      if (prototype !== undefined) return patchConversation(prototype, tracer);
      const isStarter = Object.hasOwn(part, 'startSession');
      return isStarter ? [patchStartSession(part, tracer, observed)] : [];
    });
  },
};
