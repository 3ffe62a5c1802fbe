// An agent as a worker runs it. Where tracing is set up is what differs between the tests.
import * as livekit from '@livekit/agents';
import { trace } from '@opentelemetry/api';
import { manualSpan, setup } from 'catalyst-tracing';
import * as zod from 'zod';
import { runSession } from './scripted-session.cjs';

const { SETUP_IN, ENTRY = 'session' } = process.env;

if (SETUP_IN === 'module') await setup();

const agent = livekit.defineAgent({
  prewarm: async () => {
    if (SETUP_IN === 'prewarm') await setup();
  },
  entry: async () => {
    if (SETUP_IN === 'entry') await setup();
    try {
      // Without a session nothing but the end of the job makes its spans leave.
      if (ENTRY === 'no session') await manualSpan({ spanName: 'work' }, async () => {});
      // The session stays open: closing it is LiveKit's part at the end of the job.
      else await runSession({ livekit, zod, trace, manualSpan, close: false });
      if (ENTRY === 'stalls') await stall();
      if (ENTRY === 'throws') throw new Error('the entry function failed');
    } finally {
      console.log('ENTRY DONE');
    }
  },
});

/** Holds the event loop up for 0.7 s, and gives LiveKit's monitor of it a moment. */
async function stall() {
  const end = Date.now() + 700;
  while (Date.now() < end);
  await new Promise((resolve) => setTimeout(resolve, 300));
}

export default agent;
