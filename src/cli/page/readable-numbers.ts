/** A duration in milliseconds as people read it. */
export function showDuration(millis: number): string {
  if (millis < 1) return `${millis.toFixed(2)} ms`;
  if (millis < 1000) return `${millis.toFixed(millis < 10 ? 1 : 0)} ms`;
  const seconds = millis / 1000;
  if (seconds < 60) return `${seconds.toFixed(seconds < 10 ? 2 : 1)} s`;
  return `${Math.floor(seconds / 60)} min ${Math.round(seconds % 60)} s`;
}

/** A place in a session, from its start: `0:07.4`. */
export function showOffset(millis: number): string {
  const minutes = Math.floor(millis / 60_000);
  const seconds = (millis % 60_000) / 1000;
  return `${minutes}:${seconds.toFixed(1).padStart(4, '0')}`;
}

/** A count with separators. */
export function showCount(count: number): string {
  return count.toLocaleString('en');
}

/** A moment as the clock on the wall shows it. */
export function showClock(millis: number): string {
  return new Date(millis).toLocaleTimeString(undefined, { hour12: false });
}
