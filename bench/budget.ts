/** Holds what a benchmark measured against budget.json, and prints each figure beside its limit. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { markdownTable } from "../scripts/markdown";

export interface Limit {
  name: string;
  /** The most that is allowed. */
  limit: number;
  unit: string;
  /** How the limit was found. */
  calibration: string;
}

interface Figure {
  name: string;
  value: number;
  unit: string;
  limit: number | undefined;
}

export function readBudget(): Limit[] {
  return JSON.parse(readFileSync(join(__dirname, "budget.json"), "utf8")) as Limit[];
}

/** The table of docs/benchmarks.md. */
export function budgetTable(): string {
  const rows = readBudget().map(({ name, limit, unit, calibration }) => [
    name,
    `${limit} ${unit}`.trim(),
    calibration,
  ]);
  return markdownTable(["figure", "at most", "why so much"], rows);
}

/** Whether a figure is beyond its limit. What could not be measured is. */
const isBeyond = ({ value, limit }: Figure): boolean => limit !== undefined && !(value <= limit);

const amount = (value: number): string =>
  Number.isInteger(value) ? String(value) : value.toFixed(1 + Number(value < 10));

export class Report {
  readonly #figures: Figure[] = [];

  constructor(private readonly budget: readonly Limit[] = readBudget()) {}

  /** @throws Error when the budget has no such figure */
  limited(name: string, value: number): void {
    const found = this.budget.find(limit => limit.name === name);
    if (found === undefined) throw new Error(`the budget has no figure ${JSON.stringify(name)}`);
    const { unit, limit } = found;
    this.#figures.push({ name, value, unit, limit });
  }

  /** A figure that may be what it is. */
  noted(name: string, value: number, unit: string): void {
    this.#figures.push({ name, value, unit, limit: undefined });
  }

  /** Names of the figures that are beyond their limit. */
  beyond(): string[] {
    return this.#figures.filter(isBeyond).map(({ name }) => name);
  }

  table(): string {
    const width = Math.max(...this.#figures.map(({ name }) => name.length));
    const lines = this.#figures.map(figure => {
      const { name, value, unit, limit } = figure;
      const allowed =
        limit === undefined ? "" : `${amount(limit).padStart(8)} ${isBeyond(figure) ? "BEYOND" : "ok"}`;
      return `${name.padEnd(width)}  ${amount(value).padStart(8)} ${unit.padEnd(8)}${allowed}`.trimEnd();
    });
    return [
      `${"".padEnd(width)}  ${"measured".padStart(8)} ${"".padEnd(8)}${"budget".padStart(8)}`,
      ...lines,
    ].join("\n");
  }

  /** Prints the table; the process fails when anything is beyond its limit. */
  conclude(): void {
    console.log(this.table());
    const beyond = this.beyond();
    if (beyond.length === 0) return;
    console.error(`beyond the budget: ${beyond.join("; ")}`);
    process.exitCode = 1;
  }
}
