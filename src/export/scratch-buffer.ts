/**
 * `utf8Write` and the others are the native methods under `Buffer.write`, without the checks of its
 * JavaScript wrapper: half the cost in a young process. They aren't documented, so their absence is
 * provided for.
 */
export type Scratch = Buffer & {
  utf8Write(text: string, offset: number): number;
  latin1Write(text: string, offset: number): number;
  ucs2Write(text: string, offset: number): number;
  hexWrite(hex: string, offset: number, bytes: number): number;
};

const NATIVE_WRITES = ['utf8Write', 'latin1Write', 'ucs2Write', 'hexWrite'] as const;

function hasNativeWrites(buffer: Buffer): buffer is Scratch {
  return NATIVE_WRITES.every((name) => typeof Reflect.get(buffer, name) === 'function');
}

/** A buffer of uninitialised bytes, not from the shared pool. */
export function allocateScratch(bytes: number): Scratch {
  const buffer = Buffer.allocUnsafeSlow(bytes);
  if (hasNativeWrites(buffer)) return buffer;
  // A view of its own: `write` may come back to the methods that are put in place here.
  const plain = Buffer.from(buffer.buffer);
  return Object.assign(buffer, {
    utf8Write: (text: string, offset: number): number => plain.write(text, offset),
    latin1Write: (text: string, offset: number): number => plain.write(text, offset, 'latin1'),
    ucs2Write: (text: string, offset: number): number => plain.write(text, offset, 'ucs2'),
    hexWrite: (hex: string, offset: number, size: number): number =>
      plain.write(hex, offset, size, 'hex'),
  });
}
