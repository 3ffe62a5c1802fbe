/** A request that got no answer. */
export class HttpFailure extends Error {
  /** Node's code, or what stands for it: `ECONNREFUSED`, `timeout`, `cancelled`, `not_http`. */
  readonly code: string;
  /** It went over a connection that the server had closed meanwhile: nobody has read it. */
  readonly wasStale: boolean;

  constructor(code: string, cause: unknown, wasStale: boolean) {
    super(code, { cause });
    this.name = 'HttpFailure';
    this.code = code;
    this.wasStale = wasStale;
  }
}

/** What to call a failure: Node's code where it has one. */
export function failureCode(error: Error): string {
  return 'code' in error && typeof error.code === 'string' ? error.code : error.message;
}
