/**
 * Breaks the operator on purpose, one way at a time, in a copy, and requires that a test notices.
 *
 * Prints, for each break, the tests that failed. Exits 1 when one went unnoticed.
 */
import { spawnSync } from "node:child_process";
import {
  cpSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { MUTANTS, type Mutant } from "./breaks";

const NEEDED = [
  ...["capabilities", "testbed", "package.json", "package-lock.json", "tsconfig.json"],
  ...["docs", "jest.config.js", "scripts/bundled-packages.cjs", "scripts/markdown.ts"],
];
/** It ends what hangs; beside other work the first look alone takes many minutes. */
const TIMEOUT_MILLISECONDS = 30 * 60_000;
const MOST_OUTPUT_BYTES = 64 * 1024 * 1024;

function makeCopy(): string {
  const copy = mkdtempSync(join(tmpdir(), "mutants-"));
  for (const path of NEEDED) cpSync(path, join(copy, path), { recursive: true });
  symlinkSync(join(process.cwd(), "node_modules"), join(copy, "node_modules"));
  return copy;
}

const QUICKEST_FIRST = [
  "--bail",
  "--testSequencer",
  join(process.cwd(), "scripts/mutants/quickest-first.cjs"),
];
const SUITE_FAILED = "Test suite failed to run";

/**
 * Names of tests that fail in the copy. From what jest says: where it ends at the first failure it writes no report.
 *
 * @param which arguments of jest
 * @throws Error when no test ran, or what failed was no test
 */
function failingTests(copy: string, which: string[]): string[] {
  const jest = join(process.cwd(), "node_modules", ".bin", "jest");
  const run = spawnSync(jest, [...which, "--silent"], {
    cwd: copy,
    encoding: "utf8",
    timeout: TIMEOUT_MILLISECONDS,
    maxBuffer: MOST_OUTPUT_BYTES,
  });
  if (run.error !== undefined) throw run.error;
  const total = Number(/^Tests:.* (\d+) total$/m.exec(run.stderr)?.[1] ?? 0);
  const told = [...run.stderr.matchAll(/^ {2}● (.+)$/gm)].map(([, name]) => name!);
  const failing = [...new Set(told)].filter(name => !name.includes(SUITE_FAILED));
  if (total === 0) throw new Error(`no test ran:\n${run.stderr}`);
  if (failing.length === 0 && run.status !== 0) throw new Error(`what failed is no test:\n${run.stderr}`);
  return failing;
}

/** The tests of the file itself, or of its folder; none where there is neither. */
function testsNear(file: string, copy: string): string[] {
  const own = file.replace(/\.ts$/, ".test.ts");
  if (existsSync(join(copy, own))) return [own];
  const folder = dirname(file);
  const hasTests = readdirSync(join(copy, folder)).some(name => name.endsWith(".test.ts"));
  return hasTests ? [`${folder}/[^/]+$`] : [];
}

/** The tests that notice the break. */
function tryMutant({ name, file, find, replace }: Mutant, copy: string): string[] {
  const path = join(copy, file);
  const original = readFileSync(path, "utf8");
  if (original.split(find).length !== 2) {
    throw new Error(`mutant "${name}": the text to break does not stand exactly once in ${file}:\n${find}`);
  }
  writeFileSync(
    path,
    original.replace(find, () => replace),
  );
  try {
    // Those that could notice, until the first file of them does: the nearest first, as it is the likeliest.
    for (const which of [testsNear(file, copy), ["--findRelatedTests", file]]) {
      const failing = which.length > 0 ? failingTests(copy, [...which, ...QUICKEST_FIRST]) : [];
      if (failing.length > 0) return failing;
    }
    return [];
  } finally {
    writeFileSync(path, original);
  }
}

const copy = makeCopy();
try {
  const before = failingTests(copy, ["capabilities"]);
  if (before.length > 0) throw new Error(`tests fail without a mutant: ${before.join("; ")}`);
  const survivors = MUTANTS.filter(mutant => {
    const noticed = tryMutant(mutant, copy);
    console.log(`${noticed.length > 0 ? "caught  " : "SURVIVED"}  ${mutant.name}`);
    for (const test of noticed.slice(0, 3)) console.log(`            by: ${test}`);
    if (noticed.length > 3) console.log(`            and ${noticed.length - 3} more`);
    return noticed.length === 0;
  });
  console.log(`${MUTANTS.length - survivors.length} of ${MUTANTS.length} breaks were caught`);
  process.exitCode = survivors.length > 0 ? 1 : 0;
} finally {
  rmSync(copy, { recursive: true, force: true });
}
