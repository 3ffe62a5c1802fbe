/** How spans travel to the collector. The defaults suit a voice agent; most set-ups need none of it. */
export interface DeliveryOptions {
  /**
   * Bytes of encoded spans that may wait in memory. Past it the oldest are dropped and counted.
   * Default 32 MiB. A value below 1 or not whole rejects `setup()`.
   */
  readonly maxQueueBytes?: number;
  /**
   * Bytes of encoded spans that make a batch worth sending at once. Default 1 MiB.
   * A value below 1 or not whole rejects `setup()`.
   */
  readonly maxBatchBytes?: number;
  /**
   * Bytes that the body of one request may have before compression; a larger batch is split. A
   * single span above it is still sent, alone. Default 4 MiB. A value below 1 or not whole rejects
   * `setup()`.
   */
  readonly maxRequestBytes?: number;
  /**
   * Milliseconds that a span waits at most before its batch is sent. Env `OTEL_BSP_SCHEDULE_DELAY`.
   * Default 5,000. A value outside 1 to 2,147,483,647 rejects `setup()`; a bad variable warns.
   */
  readonly flushIntervalMillis?: number;
  /**
   * Milliseconds that one request may take. Env `OTEL_EXPORTER_OTLP_TRACES_TIMEOUT`,
   * `OTEL_EXPORTER_OTLP_TIMEOUT`. Default 10,000. A value outside 1 to 2,147,483,647 rejects
   * `setup()`; a bad variable warns.
   */
  readonly exportTimeoutMillis?: number;
  /**
   * Milliseconds within which `shutdown()` and `forceFlush()` settle, whatever the collector does.
   * Default 10,000, well under the 60 s after which LiveKit kills a job's process. A value outside
   * 1 to 2,147,483,647 rejects `setup()`.
   */
  readonly shutdownTimeoutMillis?: number;
  /**
   * Directory for spans that could not be delivered before exit; the next process sends them. Env
   * `CATALYST_SPOOL_DIRECTORY`. Default unset: nothing is written to disk.
   */
  readonly spoolDirectory?: string;
  /**
   * Certificate authorities to trust for an https endpoint: PEM text, or the path of a PEM file.
   * Env `OTEL_EXPORTER_OTLP_TRACES_CERTIFICATE`, `OTEL_EXPORTER_OTLP_CERTIFICATE` (paths). Default
   * those of Node.
   */
  readonly ca?: string;
}

/** Certificate authorities, given as text or to be read from a file. */
export interface CertificateAuthority {
  readonly kind: 'pem' | 'file';
  /** PEM text or a path, by `kind`. */
  readonly value: string;
}

/** {@link DeliveryOptions} with every value decided. */
export interface ResolvedDeliveryOptions {
  readonly maxQueueBytes: number;
  readonly maxBatchBytes: number;
  readonly maxRequestBytes: number;
  readonly flushIntervalMillis: number;
  readonly exportTimeoutMillis: number;
  readonly shutdownTimeoutMillis: number;
  readonly spoolDirectory: string | undefined;
  readonly ca: CertificateAuthority | undefined;
}
