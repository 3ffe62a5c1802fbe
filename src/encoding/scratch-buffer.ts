/**
 * `utf8Write` is the native method under `Buffer.write`, without the checks of its JavaScript
 * wrapper: half the cost in a young process. It isn't documented, so its absence is provided for.
 */
export type Scratch = Buffer & { utf8Write(text: string, offset: number): number };

function hasNativeWrite(buffer: Buffer): buffer is Scratch {
  return 'utf8Write' in buffer && typeof buffer.utf8Write === 'function';
}

/** A buffer of uninitialised bytes, not from the shared pool. */
export function allocateScratch(bytes: number): Scratch {
  const buffer = Buffer.allocUnsafeSlow(bytes);
  if (hasNativeWrite(buffer)) return buffer;
  return Object.assign(buffer, {
    utf8Write: (text: string, offset: number): number => buffer.write(text, offset),
  });
}
