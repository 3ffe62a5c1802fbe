// `npm test`: what can be said of the sources at once, two checks at a time, and then the tests.
import { spawn } from 'node:child_process';
import { once } from 'node:events';

async function pass(...scripts) {
  for (const script of scripts) {
    const shell = process.platform === 'win32';
    const [code] = await once(spawn('npm', ['run', script], { stdio: 'inherit', shell }), 'close');
    if (code !== 0) return false;
  }
  return true;
}

const passed = await Promise.all([
  pass('build', 'check:package'),
  pass('typecheck', 'format:check', 'lint'),
]);
process.exitCode = passed.every(Boolean) && (await pass('test:all')) ? 0 : 1;
