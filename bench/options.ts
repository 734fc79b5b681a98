/** Numbers that are given on the command line, behind the name of the benchmark. */
import { parseArgs } from "node:util";

/**
 * @param defaults each option with what it is when it is not given; 0 where it may be left out
 * @throws Error when an option is not known, or is not a whole number
 */
export function numbers<T extends Record<string, number>>(defaults: T, args = process.argv.slice(3)): T {
  const options = Object.fromEntries(Object.keys(defaults).map(name => [name, { type: "string" as const }]));
  const { values } = parseArgs({ args, options });
  const given = Object.entries(values).map(([name, text]) => {
    const value = Number(text);
    if (text === "" || !Number.isInteger(value) || value < 0)
      throw new Error(`--${name} must be a whole number, not ${JSON.stringify(text)}`);
    return [name, value];
  });
  return { ...defaults, ...Object.fromEntries(given) };
}

/** Runs a benchmark to its end, and says in a line what made it fail. */
export function runBenchmark(benchmark: () => Promise<void>): void {
  benchmark().catch((error: unknown) => {
    console.error(error instanceof Error ? error.message : String(error));
    process.exitCode = 1;
  });
}
