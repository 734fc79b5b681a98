/** `npm run release`: every artefact, twice, and the same both times; then the chart is pushed. */
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import packageJson from "../../package.json";
import { ensureTool } from "../../testbed/binaries";
import { makeArtefacts } from "./artefacts";
import { differences, SUMS } from "./checksums";
import { filesOfCheckout, git } from "./copy";
import { parseOptions, USAGE, type ReleaseOptions } from "./options";
import { problems, type Origin } from "./provenance";

const { name, version } = packageJson;
const DIRECTORY = "release";
const TIMEOUT_MILLISECONDS = 5 * 60_000;

const answer = (program: string, ...args: string[]): string =>
  execFileSync(program, args, { encoding: "utf8", timeout: TIMEOUT_MILLISECONDS }).trim();

async function originOf(repository: string | undefined): Promise<Origin> {
  const changed = git("status", "--porcelain").split("\n");
  const known = new Set(filesOfCheckout());
  return {
    ...{ name, version, repository },
    commit: git("rev-parse", "HEAD").trim(),
    isDirty: changed.some(line => line !== "" && (known.has(line.slice(3)) || line.startsWith(" D"))),
    tools: {
      node: process.version,
      npm: answer("npm", "--version"),
      helm: answer(await ensureTool("helm"), "version", "--short"),
    },
    lockFile: createHash("sha256").update(readFileSync("package-lock.json")).digest("hex"),
  };
}

/** @throws Error that names the files that differ */
function makeTwice(origin: Origin, time: Date): string {
  const second = mkdtempSync(join(tmpdir(), "release-again-"));
  try {
    const [sums, again] = [DIRECTORY, second].map(directory => {
      makeArtefacts(directory, origin, time);
      return readFileSync(join(directory, SUMS), "utf8");
    });
    const unequal = differences(sums!, again!);
    if (unequal.length > 0) throw new Error(`made twice, these differ: ${unequal.join(", ")}`);
    return sums!;
  } finally {
    rmSync(second, { recursive: true, force: true });
  }
}

async function release({ dryRun, registry, repository }: ReleaseOptions): Promise<void> {
  const origin = await originOf(repository);
  const tags = git("tag", "--points-at", "HEAD").split("\n");
  const found = problems(origin, readFileSync("CHANGELOG.md", "utf8"), tags);
  if (!dryRun && found.length > 0) throw new Error(`${version} is not released: ${found.join("; ")}`);
  const time = new Date(git("log", "-1", "--format=%cI").trim());
  console.log(`Making ${name} ${version} of ${origin.commit.slice(0, 12)}, twice …`);
  const sums = makeTwice(origin, time);
  console.log(`${sums}Both times the same; they are in ${DIRECTORY}/.`);
  for (const problem of found) console.log(`A release would be refused: ${problem}.`);
  if (dryRun || registry === undefined) return;
  const chart = join(DIRECTORY, `${name}-${version}.tgz`);
  execFileSync(await ensureTool("helm"), ["push", chart, registry], {
    ...{ stdio: "inherit", timeout: TIMEOUT_MILLISECONDS },
  });
}

async function main(): Promise<void> {
  let options: ReleaseOptions | undefined;
  try {
    options = parseOptions(process.argv.slice(2));
  } catch (error) {
    console.error(`${(error as Error).message}\n\n${USAGE}`);
    process.exitCode = 2;
    return;
  }
  if (options === undefined) console.log(USAGE);
  else await release(options);
}

main().catch((error: unknown) => {
  console.error(`There is no release: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
});
