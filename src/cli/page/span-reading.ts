import type { PageSpan } from '../dev/page-span.js';

/** OpenInference's kind; `SPAN` for a span that has none. */
export function kindOf(span: PageSpan): string {
  return textOf(span, 'openinference.span.kind') ?? 'SPAN';
}

export function textOf({ attributes }: PageSpan, key: string): string | undefined {
  const value = attributes[key];
  return typeof value === 'string' && value !== '' ? value : undefined;
}

export function numberOf({ attributes }: PageSpan, key: string): number | undefined {
  const value = attributes[key];
  return typeof value === 'number' ? value : undefined;
}

/** Tokens that this very span was billed; `undefined` where it has none. */
export function tokensOf(span: PageSpan): { prompt: number; completion: number } | undefined {
  const prompt = numberOf(span, 'llm.token_count.prompt');
  const completion = numberOf(span, 'llm.token_count.completion');
  if (prompt === undefined && completion === undefined) return undefined;
  return { prompt: prompt ?? 0, completion: completion ?? 0 };
}

/** The model calls that were billed while a span was open, in order of arrival. */
export function callsWithin(span: PageSpan, spans: readonly PageSpan[]): readonly PageSpan[] {
  return spans.filter(
    (each) =>
      each.startMillis >= span.startMillis &&
      each.endMillis <= span.endMillis &&
      tokensOf(each) !== undefined,
  );
}

/** Whether a span is somebody's turn to speak: named by its words, where it has some. */
export function isTurn({ name }: PageSpan): boolean {
  return name === 'agent_turn' || name === 'user_turn';
}

/** What a row is called: the tool, or the span's own name. */
export function labelOf(span: PageSpan): string {
  return textOf(span, 'tool.name') ?? span.name;
}

/** Why a span failed, in the fewest words that it has. */
export function errorOf(span: PageSpan): string | undefined {
  if (!span.isError) return undefined;
  if (span.statusMessage !== '') return span.statusMessage;
  const exception = span.events.find(({ name }) => name === 'exception');
  const message = exception?.attributes['exception.message'];
  return typeof message === 'string' && message !== '' ? message : 'failed';
}

/** Any attribute as text: a string as it is, everything else as JSON. */
export function showValue(value: unknown): string {
  return typeof value === 'string' ? value : (JSON.stringify(value) ?? '');
}
