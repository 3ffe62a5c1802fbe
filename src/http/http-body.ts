/** A body in the pieces that it is joined of. */
export interface HttpBody {
  readonly pieces: readonly Uint8Array[];
  /** Of all pieces together. */
  readonly bytes: number;
}
