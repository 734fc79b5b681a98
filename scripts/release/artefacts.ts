/** Makes every file of a release in a directory. */
import { execFileSync } from "node:child_process";
import { copyFileSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { writeChecksums } from "./checksums";
import { freshCopy } from "./copy";
import { provenance, type Origin } from "./provenance";
import { reproducibleSbom } from "./sbom";

/** The first time Helm is built, in some minutes. */
const TIMEOUT_MILLISECONDS = 30 * 60_000;
const SBOM = ["sbom", "--sbom-format", "cyclonedx", "--package-lock-only", "--omit", "dev"];
const MOST_OUTPUT_BYTES = 64 * 1024 * 1024;

/**
 * @param directory made anew
 * @param time of the commit
 * @throws Error when the build fails; its words are on standard error
 */
export function makeArtefacts(directory: string, origin: Origin, time: Date): void {
  const { name, version, repository } = origin;
  const copy = freshCopy(repository);
  const run = (program: string, ...args: string[]) =>
    execFileSync(program, args, {
      ...{ cwd: copy, encoding: "utf8", maxBuffer: MOST_OUTPUT_BYTES, stdio: ["ignore", "pipe", "inherit"] },
      timeout: TIMEOUT_MILLISECONDS,
    });
  try {
    run("npm", "run", "--silent", "build");
    rmSync(directory, { recursive: true, force: true });
    mkdirSync(directory, { recursive: true });
    for (const file of [`${name}-${version}.tgz`, `${name}.yaml`])
      copyFileSync(join(copy, "dist", file), join(directory, file));
    // npm would call it as the chart is called.
    const [packed] = JSON.parse(run("npm", "pack", "--json", "./dist/cli")) as [{ filename: string }];
    copyFileSync(join(copy, packed.filename), join(directory, `${name}-command-${version}.tgz`));
    const sbom = reproducibleSbom(run("npm", ...SBOM), name, time);
    writeFileSync(join(directory, "sbom.cdx.json"), `${JSON.stringify(sbom, undefined, 2)}\n`);
    writeFileSync(join(directory, "provenance.json"), provenance(origin));
    writeChecksums(directory);
  } finally {
    rmSync(copy, { recursive: true, force: true });
  }
}
