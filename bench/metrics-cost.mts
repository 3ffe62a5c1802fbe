/**
 * CPU of the process for one span, with metrics or without: `npx tsx bench/metrics-cost.mts on` and
 * `off`, several times each. The collector is a process of its own.
 */
import { spawn } from 'node:child_process';
import { setup } from '../src/index.js';
import { readCapture } from '../test/support/corpus.js';
import { replayCapture } from '../test/support/corpus-replay.js';
const child = spawn(
  process.execPath,
  [
    '-e',
    "require('http').createServer((q,r)=>{q.resume();q.on('end',()=>r.end())}).listen(0,'127.0.0.1',function(){console.log(this.address().port)});process.stdin.resume();process.stdin.on('end',()=>process.exit())",
  ],
  { stdio: ['pipe', 'pipe', 'inherit'] },
);
const port = await new Promise<string>((r) =>
  child.stdout.once('data', (b) => r(String(b).trim())),
);
const on = process.argv[2] === 'on';
const tracing = await setup({
  endpoint: `http://127.0.0.1:${port}`,
  metrics: on,
  autoInstrument: false,
});
const caps = [
  'voice_turn',
  'tool_ok',
  'chat_3_turns',
  'interruption',
  'voice_tts_nonstreaming',
  'long_10_turns',
].map((s) => readCapture('1.9.0', s));
const blocks: number[] = [];
for (let i = 0; i < 30; i++) {
  const t = process.cpuUsage();
  for (let k = 0; k < 10; k++) {
    for (const c of caps) replayCapture(c, tracing.provider);
    await new Promise((r) => setImmediate(r));
  }
  await tracing.forceFlush();
  const u = process.cpuUsage(t);
  if (i >= 10)
    blocks.push((u.user + u.system) / (10 * caps.reduce((n, c) => n + c.spans.length, 0)));
}
blocks.sort((a, b) => a - b);
console.log(
  on ? 'on ' : 'off',
  'min',
  blocks[0]!.toFixed(2),
  'median',
  blocks[10]!.toFixed(2),
  'us CPU/span',
);
await tracing.shutdown();
child.stdin.end();
