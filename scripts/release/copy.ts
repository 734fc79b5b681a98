/** A fresh copy of the checkout, as git knows it, in which the artefacts are made. */
import { execFileSync } from "node:child_process";
import { cpSync, existsSync, mkdtempSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const TIMEOUT_MILLISECONDS = 60_000;

export function git(...args: string[]): string {
  return execFileSync("git", args, {
    encoding: "utf8",
    timeout: TIMEOUT_MILLISECONDS,
    maxBuffer: 64 * 1024 * 1024,
  });
}

/** Files that are committed or could be; packages are taken from the checkout. */
export const filesOfCheckout = (): string[] =>
  git("ls-files", "-z", "--cached", "--others", "--exclude-standard")
    .split("\0")
    .filter(file => file !== "" && file !== "node_modules" && existsSync(file));

/** @returns the copy, to be removed */
export function freshCopy(repository: string | undefined): string {
  const copy = mkdtempSync(join(tmpdir(), "release-"));
  for (const file of filesOfCheckout()) cpSync(file, join(copy, file));
  symlinkSync(join(process.cwd(), "node_modules"), join(copy, "node_modules"));
  if (repository !== undefined) {
    const file = join(copy, "package.json");
    const described = JSON.parse(readFileSync(file, "utf8")) as object;
    const named = { ...described, repository: { type: "git", url: repository } };
    writeFileSync(file, `${JSON.stringify(named, undefined, 2)}\n`);
  }
  return copy;
}
