import { readFileSync } from 'node:fs';

/** The largest resident set this process has had, in bytes. */
export function peakResidentBytes(): number {
  try {
    // Not `resourceUsage().maxRSS`: that one starts from the size of the process that forked us.
    const line = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'latin1'));
    if (line !== null) return Number(line[1]) * 1024;
  } catch {
    // Not Linux.
  }
  return process.resourceUsage().maxRSS * 1024;
}
