/** A part of a session's time, milliseconds since the epoch. */
export interface TimeWindow {
  readonly from: number;
  readonly to: number;
}

/** From the first start to the last end. */
export function wholeOf(spans: readonly TimedSpan[]): TimeWindow {
  return {
    from: spans.reduce((least, span) => Math.min(least, span.startMillis), Infinity),
    to: spans.reduce((most, span) => Math.max(most, span.endMillis), 0),
  };
}

interface TimedSpan {
  readonly startMillis: number;
  readonly endMillis: number;
}

/** Where a moment is in a window, in percent of its width; outside of 0 to 100 it is not in it. */
export function placeOf(millis: number, { from, to }: TimeWindow): number {
  return to === from ? 0 : ((millis - from) / (to - from)) * 100;
}

/** Round moments for a ruler, about `count` of them, as milliseconds after `origin`. */
export function ticksOf(window: TimeWindow, origin: number, count: number): readonly number[] {
  const step = roundStep((window.to - window.from) / count);
  const first = Math.ceil((window.from - origin) / step) * step;
  const ticks: number[] = [];
  for (let tick = first; tick <= window.to - origin; tick += step) ticks.push(tick);
  return ticks;
}

/** The next of 1, 2 or 5 times a power of ten, or of minutes. */
function roundStep(millis: number): number {
  if (!(millis > 0)) return 1;
  const MINUTE = 60_000;
  const unit = millis > MINUTE / 2 ? MINUTE : 1;
  const power = 10 ** Math.floor(Math.log10(millis / unit));
  const factor = [1, 2, 5, 10].find((each) => each * power * unit >= millis) ?? 10;
  return factor * power * unit;
}
