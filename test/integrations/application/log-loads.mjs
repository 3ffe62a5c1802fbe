// With `--import`: writes the URL of every module that is loaded to a file.
import { appendFileSync } from 'node:fs';
import { register } from 'node:module';

if (process.env.LOAD_LOG !== undefined) register(import.meta.url);

export async function load(url, context, next) {
  appendFileSync(process.env.LOAD_LOG, `${url}\n`);
  return next(url, context);
}
