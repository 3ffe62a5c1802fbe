/** What stands in the place of hidden content (OpenInference, `spec/configuration.md`). */
export const REDACTED_VALUE = '__REDACTED__';

/** LiveKit's words in the place of an exception's (`telemetry/redaction.ts`). */
export const REDACTED_EXCEPTION_MESSAGE = 'exception details redacted';
