/** Durations as Go writes them (`1h0m0s`, `90s`, `1.5h`), and times as Kubernetes does. */

export { parseDuration } from "../../capabilities/choices/duration";

/** Milliseconds as Go prints a duration of whole seconds: `1h0m0s`, `5s`. Parts of a second are kept. */
export function formatDuration(milliseconds: number): string {
  if (milliseconds !== 0 && milliseconds < 1000) return `${milliseconds}ms`;
  const hours = Math.floor(milliseconds / 3_600_000);
  const minutes = Math.floor((milliseconds % 3_600_000) / 60_000);
  const seconds = (milliseconds % 60_000) / 1000;
  if (hours > 0) return `${hours}h${minutes}m${seconds}s`;
  return minutes > 0 ? `${minutes}m${seconds}s` : `${seconds}s`;
}

/** RFC 3339 with whole seconds, cut, not rounded: what metav1.Time keeps of a time. */
export const timestamp = (milliseconds: number): string =>
  `${new Date(milliseconds).toISOString().slice(0, 19)}Z`;

/** Milliseconds since `time`. */
export const elapsed = (time: string, now: number): number => now - Date.parse(time);
