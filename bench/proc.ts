/** What the kernel says of a process: its CPU time and its memory. */
import { readFileSync } from "node:fs";

/** What the kernel counts CPU time in, on every Linux: USER_HZ. */
const TICKS_PER_SECOND = 100;

/** Milliseconds of CPU in the text of /proc/PID/stat: utime and stime, of all threads. */
export function cpuMillisecondsIn(stat: string): number {
  // The second field, a name in parentheses, may hold anything; utime and stime are the 14th and the 15th.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return ((Number(fields[11]) + Number(fields[12])) * 1000) / TICKS_PER_SECOND;
}

export interface Memory {
  /** MiB that are resident now. */
  resident: number;
  /** The most that ever were. */
  peak: number;
}

/** In the text of /proc/PID/status. */
export function memoryIn(status: string): Memory {
  const mebibytes = (name: string): number =>
    Number(new RegExp(`^${name}:\\s+(\\d+) kB$`, "m").exec(status)?.[1]) / 1024;
  return { resident: mebibytes("VmRSS"), peak: mebibytes("VmHWM") };
}

/** @throws Error when the process is gone */
export const cpuMilliseconds = (pid: number): number =>
  cpuMillisecondsIn(readFileSync(`/proc/${pid}/stat`, "utf8"));

/** @throws Error when the process is gone */
export const memoryOf = (pid: number): Memory => memoryIn(readFileSync(`/proc/${pid}/status`, "utf8"));
