/**
 * `utf8Write` and `hexWrite` are the native methods under `Buffer.write`, without the checks of its
 * JavaScript wrapper: half the cost in a young process. They aren't documented, so their absence is
 * provided for.
 */
export type Scratch = Buffer & {
  utf8Write(text: string, offset: number): number;
  hexWrite(hex: string, offset: number, bytes: number): number;
};

function hasNativeWrites(buffer: Buffer): buffer is Scratch {
  return (
    'utf8Write' in buffer &&
    typeof buffer.utf8Write === 'function' &&
    'hexWrite' in buffer &&
    typeof buffer.hexWrite === 'function'
  );
}

/** A buffer of uninitialised bytes, not from the shared pool. */
export function allocateScratch(bytes: number): Scratch {
  const buffer = Buffer.allocUnsafeSlow(bytes);
  if (hasNativeWrites(buffer)) return buffer;
  return Object.assign(buffer, {
    utf8Write: (text: string, offset: number): number => buffer.write(text, offset),
    hexWrite: (hex: string, offset: number, size: number): number =>
      buffer.write(hex, offset, size, 'hex'),
  });
}
