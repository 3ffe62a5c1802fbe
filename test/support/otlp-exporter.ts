import { ExportResultCode, type ExportResult } from '@opentelemetry/core';
import { ProtobufTraceSerializer } from '@opentelemetry/otlp-transformer';
import type { ReadableSpan, SpanExporter } from '@opentelemetry/sdk-trace-base';

/** An exporter as an application has one: the serializer of OpenTelemetry, and a POST. */
export class OtlpExporter implements SpanExporter {
  readonly #url: string;
  readonly #underWay = new Set<Promise<void>>();

  constructor(url: string) {
    this.#url = url;
  }

  export(spans: ReadableSpan[], done: (result: ExportResult) => void): void {
    const post = this.#report(spans, done);
    this.#underWay.add(post);
    void post.finally(() => this.#underWay.delete(post));
  }

  async forceFlush(): Promise<void> {
    await Promise.all(this.#underWay);
  }

  shutdown(): Promise<void> {
    return this.forceFlush();
  }

  async #report(spans: ReadableSpan[], done: (result: ExportResult) => void): Promise<void> {
    const isTaken = await this.#post(spans).catch(() => false);
    done({ code: isTaken ? ExportResultCode.SUCCESS : ExportResultCode.FAILED });
  }

  async #post(spans: ReadableSpan[]): Promise<boolean> {
    const response = await fetch(this.#url, {
      method: 'POST',
      headers: { 'content-type': 'application/x-protobuf' },
      body: Buffer.from(ProtobufTraceSerializer.serializeRequest(spans) ?? []),
    });
    return response.ok;
  }
}
