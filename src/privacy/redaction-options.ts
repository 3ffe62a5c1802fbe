/** How content values are rewritten before they leave the process. */
export interface RedactionOptions {
  /** Sees every content value last and returns what is sent in its place. */
  readonly redact?: (
    value: string,
    context: { readonly key: string; readonly kind: string },
  ) => string;
}
