/** Durations as Go's time.ParseDuration reads them, and so Tekton: `1h30m`, `90s`, `1.5h`. */

const UNIT_MILLISECONDS: Record<string, number> = {
  h: 3_600_000,
  m: 60_000,
  s: 1000,
  ms: 1,
  us: 1e-3,
  µs: 1e-3,
  ns: 1e-6,
};

const DURATION = /^([-+]?)((?:\d+(?:\.\d*)?(?:h|ms|m|s|us|µs|ns))+)$/;

/**
 * A duration in milliseconds.
 *
 * @throws Error when the text is not a Go duration
 */
export function parseDuration(text: string): number {
  if (text === "0") return 0;
  const match = DURATION.exec(text);
  if (!match) throw new Error(`"${text}" is not a duration: write it like 1h30m or 90s`);
  let milliseconds = 0;
  for (const [, amount, unit] of match[2]!.matchAll(/(\d+(?:\.\d*)?)(h|ms|m|s|us|µs|ns)/g)) {
    milliseconds += Number(amount) * UNIT_MILLISECONDS[unit!]!;
  }
  return match[1] === "-" ? -milliseconds : milliseconds;
}
