import type { Context, Tracer } from '@opentelemetry/api';
import { liveSetup } from '../../live-tracing.js';
import { asText, type JsonRecord } from '../../mapping/read-attributes.js';
import { Attr } from '../../semconv/attribute-keys.js';
import { identityOf } from '../../session/identity.js';
import { abandonStep, failStep, startTool, type Step } from '../agent-steps.js';

/** The open tool calls of a conversation: of the client, of the server, and of MCP. */
export class ConversationTools {
  readonly #tracer: Tracer;
  readonly #open = new Map<string, Step>();

  constructor(tracer: Tracer) {
    this.#tracer = tracer;
  }

  /** The context of a call; `undefined` for one that is none of this conversation's. */
  contextOf(id: unknown): Context | undefined {
    return this.#open.get(asText(id) ?? '')?.context;
  }

  asked(call: JsonRecord, around: Context): void {
    const id = asText(call['tool_call_id']);
    if (id === undefined || this.#open.has(id)) return;
    const name = asText(call['tool_name']) ?? 'tool';
    const tool = startTool(this.#tracer, around, { name, id, input: call['parameters'] });
    const type = asText(call['tool_type']);
    if (type !== undefined) {
      tool.span.setAttribute(Attr.METADATA, {
        ...liveSetup()?.resolved?.metadata,
        ...identityOf(around)?.metadata,
        tool_type: type,
      });
    }
    this.#open.set(id, tool);
  }

  answered(id: unknown, output: unknown, hasFailed: boolean): void {
    const key = asText(id) ?? '';
    const tool = this.#open.get(key);
    if (tool === undefined) return;
    this.#open.delete(key);
    tool.span.setOutput(output);
    if (hasFailed) failStep(tool, asText(output) ?? 'the tool failed');
    tool.span.end();
  }

  /** Tools of the server tell less: newer servers send what they gave the model. */
  serverAnswered(answer: JsonRecord, around: Context): void {
    this.asked(answer, around);
    const output = answer['full_payload'] ?? answer['result'];
    this.answered(answer['tool_call_id'], output, answer['is_error'] === true);
  }

  /** Every state of a call comes in an event of its own. */
  mcp(call: JsonRecord, around: Context): void {
    this.asked({ ...call, tool_type: 'mcp' }, around);
    const { state, result, error_message: message } = call;
    if (state === 'success' || state === 'failure')
      this.answered(call['tool_call_id'], result ?? message, state === 'failure');
  }

  abandon(): void {
    for (const tool of this.#open.values()) abandonStep(tool);
    this.#open.clear();
  }
}
