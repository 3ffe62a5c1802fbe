import { voice } from '@livekit/agents';
import { NodeTracerProvider } from '@opentelemetry/sdk-trace-node';
import { telemetry } from '@livekit/agents';
import { nonRetryableError, retryableError, ScriptedLLM } from '../test/support/scripted-llm.js';
import { ScriptedRealtimeModel } from '../test/support/scripted-realtime.js';
import { ScriptedSTT } from '../test/support/scripted-stt.js';
import { ScriptedTTS } from '../test/support/scripted-tts.js';
import { runRealtimeSession, runTextSession, runVoiceSession } from '../test/support/sessions.js';
let log: string[] = [];
const provider = new NodeTracerProvider({ spanProcessors: [{
  onStart(s){ log.push(`+ ${s.name}`); }, onEnd(s){ log.push(`- ${s.name} ${s.status.code===2?'ERROR '+s.status.message:''} ${JSON.stringify(Object.fromEntries(Object.entries(s.attributes).filter(([k])=>/error|response.text|ttfb|interrupted|exception.type/.test(k))))}`); }, forceFlush: async()=>{}, shutdown: async()=>{} }] });
provider.register();
telemetry.setTracerProvider(provider, { registerSpanProcessor: () => {} } as never);
process.on('unhandledRejection', (e) => log.push('! unhandled '+String(e)));
const sleep = (ms: number) => new Promise((r) => setTimeout(r, ms));
const agent = () => new voice.Agent({ instructions: 'x' });
const closed = (session: voice.AgentSession) => new Promise<void>((r) => session.once(voice.AgentSessionEventTypes.Close, (e: any) => { log.push(`! close ${e.reason} ${e.error?.type} ${e.error?.error?.message}`); r(); }));
const cases: Record<string, () => Promise<unknown>> = {
  'llm max0 listen': () => runTextSession({ agent: agent(), llm: new ScriptedLLM({ replies: [{ error: nonRetryableError() }] }), sessionOptions: { connOptions: { maxUnrecoverableErrors: 0 } }, turns: ['Hi', () => sleep(300)], onSession: (s) => void closed(s) }),
  'llm max0 nolisten': () => runTextSession({ agent: agent(), listenForErrors: false, llm: new ScriptedLLM({ replies: [{ error: nonRetryableError() }] }), sessionOptions: { connOptions: { maxUnrecoverableErrors: 0 } }, turns: ['Hi', () => sleep(300)], onSession: (s) => void closed(s) }),
  'llm default one fail, user closes': () => runTextSession({ agent: agent(), llm: new ScriptedLLM({ replies: [{ error: nonRetryableError() }] }), turns: ['Hi'], onSession: (s) => void closed(s) }),
  'llm default four': () => runTextSession({ agent: agent(), llm: new ScriptedLLM({ replies: [1,2,3,4].map(() => ({ error: nonRetryableError() })) }), turns: ['1','2','3','4', () => sleep(300)], onSession: (s) => void closed(s) }),
  'tts once': () => runVoiceSession({ agent: agent(), llm: new ScriptedLLM({ replies: [{ text: 'Hello there you.' }] }), stt: new ScriptedSTT({ transcripts: ['hi'] }), tts: new ScriptedTTS({ errors: [nonRetryableError()] }), turns: [async ({ microphone }) => { await microphone.speak(200); await sleep(900); }], onSession: (s) => void closed(s) }),
  'tts max0': () => runVoiceSession({ agent: agent(), llm: new ScriptedLLM({ replies: [{ text: 'Hello there you.' }] }), stt: new ScriptedSTT({ transcripts: ['hi'] }), tts: new ScriptedTTS({ errors: [nonRetryableError()] }), sessionOptions: { connOptions: { maxUnrecoverableErrors: 0 } }, turns: [async ({ microphone }) => { await microphone.speak(200); await sleep(900); }], onSession: (s) => void closed(s) }),
  'tts nonstreaming once': () => runVoiceSession({ agent: agent(), llm: new ScriptedLLM({ replies: [{ text: 'Hello there you.' }] }), stt: new ScriptedSTT({ transcripts: ['hi'] }), tts: new ScriptedTTS({ streaming: false, errors: [nonRetryableError()] }), turns: [async ({ microphone }) => { await microphone.speak(200); await sleep(1200); }], onSession: (s) => void closed(s) }),
  'tts retry': () => runVoiceSession({ agent: agent(), llm: new ScriptedLLM({ replies: [{ text: 'Hello there you.' }] }), stt: new ScriptedSTT({ transcripts: ['hi'] }), tts: new ScriptedTTS({ errors: [retryableError()] }), turns: [200], onSession: (s) => void closed(s) }),
  'say fails': () => runVoiceSession({ agent: agent(), llm: new ScriptedLLM({ replies: [] }), stt: new ScriptedSTT({ transcripts: [] }), tts: new ScriptedTTS({ errors: [nonRetryableError()] }), turns: [async ({ session }) => { await session.say('Welcome').waitForPlayout(); }], onSession: (s) => void closed(s) }),
  'realtime throws': () => runRealtimeSession({ agent: agent(), llm: new ScriptedRealtimeModel({ responses: [{ error: new Error('rt down') }] }), turns: ['Hi', () => sleep(300)], onSession: (s) => void closed(s) }),
  'realtime error event': () => { const m = new ScriptedRealtimeModel({ responses: [{ text: 'Hello' }] }); return runRealtimeSession({ agent: agent(), llm: m, turns: [async (s) => { const r = s.run({ userInput: 'Hi' }).wait().catch(() => 0); await sleep(10); m.current?.emit('error', { type: 'realtime_model_error', timestamp: Date.now(), label: 'x', error: new Error('rt ws closed'), recoverable: false }); await r; await sleep(300); }], onSession: (s) => void closed(s) }); },
  'stt error': () => { const ears = new ScriptedSTT({ transcripts: ['hi'] }); return runVoiceSession({ agent: agent(), llm: new ScriptedLLM({ replies: [] }), stt: ears, tts: new ScriptedTTS(), turns: [async ({ microphone }) => { ears.emit('error', { type: 'stt_error', timestamp: Date.now(), label: 'x', error: nonRetryableError('payment required', 402), recoverable: false }); await sleep(400); }], onSession: (s) => void closed(s) }); },
};
for (const [name, run] of Object.entries(cases)) {
  if (process.argv[2] && !name.includes(process.argv[2])) continue;
  log = [];
  await Promise.race([run().catch((e) => log.push('! threw ' + e)), sleep(8000)]);
  console.log('=== ' + name + '\n' + log.join('\n'));
}
process.exit(0);
