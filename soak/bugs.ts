/** Ways to break the operator on purpose, for which the soak has to find a violation. */
import { spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import packageJson from "../package.json";

export interface Bug {
  name: string;
  what: string;
  file: string;
  /** Stands exactly once in the file. */
  find: string;
  replace: string;
}

export const BUGS: readonly Bug[] = [
  {
    name: "no-release-guard",
    what: "a run is let go without a look at whether it is the same one, and still held by us",
    file: "capabilities/kube/run-writes.ts",
    find: "{ ...PIPELINE_RUN_V1, namespace: namespace!, name: name!, body },",
    replace:
      '{ ...PIPELINE_RUN_V1, namespace: namespace!, name: name!, body: body.filter(({ op }) => op !== "test") },',
  },
  {
    name: "delete-without-uid",
    what: "a placeholder is deleted by its name alone",
    file: "capabilities/kube/placeholder-writes.ts",
    find: 'propagationPolicy: "Background",\n      body: { preconditions: { uid: uid! } },',
    replace: 'propagationPolicy: "Background",\n      body: uid === "" ? { preconditions: { uid } } : {},',
  },
  {
    name: "queue-drops-on-error",
    what: "a run whose step failed is forgotten",
    file: "capabilities/controller/work-queue.ts",
    find: "after = this.#noteFailure(key, error);",
    replace: "after = this.#noteFailure(key, error) < 0 ? 0 : undefined;",
  },
];

/** What the build of the operator reads. */
const NEEDED = [
  ...["capabilities", "chart", "scripts", "testbed", "pepr.ts", "package.json", "tsconfig.json"],
  ...["tsconfig.all.json", "eslint.config.mjs", ".prettierrc", "CHANGELOG.md", "LICENSE"],
];
const BUILD_MILLISECONDS = 10 * 60_000;

/** @throws Error when the text to break is not in the source exactly once */
export function broken(source: string, { name, file, find, replace }: Bug): string {
  if (source.split(find).length !== 2) {
    throw new Error(`bug "${name}": the text to break does not stand exactly once in ${file}:\n${find}`);
  }
  return source.replace(find, () => replace);
}

/**
 * Builds the operator with the bug, in a copy.
 *
 * @returns the copy, to be removed, and the directory of its chart
 */
export function buildBroken(bug: Bug): { copy: string; chart: string } {
  const copy = mkdtempSync(join(tmpdir(), "soak-bug-"));
  for (const path of NEEDED) cpSync(path, join(copy, path), { recursive: true });
  symlinkSync(join(process.cwd(), "node_modules"), join(copy, "node_modules"));
  const file = join(copy, bug.file);
  writeFileSync(file, broken(readFileSync(file, "utf8"), bug));
  const built = spawnSync(process.execPath, ["scripts/build.mjs"], {
    ...{ cwd: copy, encoding: "utf8", timeout: BUILD_MILLISECONDS },
  });
  if (built.status !== 0) throw new Error(`the operator with the bug could not be built:\n${built.stderr}`);
  return { copy, chart: join(copy, "dist", packageJson.name) };
}
