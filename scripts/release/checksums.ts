/** SHA256SUMS, as `sha256sum --check` reads it. */
import { createHash } from "node:crypto";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

export const SUMS = "SHA256SUMS";

/** One line for each file of the directory, but for the sums themselves. */
export function checksums(directory: string): string {
  const names = readdirSync(directory).filter(name => name !== SUMS);
  const lines = names.sort().map(
    name =>
      `${createHash("sha256")
        .update(readFileSync(join(directory, name)))
        .digest("hex")}  ${name}\n`,
  );
  return lines.join("");
}

export const writeChecksums = (directory: string): void =>
  writeFileSync(join(directory, SUMS), checksums(directory));

/** Names of the files whose lines differ, or that stand in one of both only. */
export function differences(first: string, second: string): string[] {
  const [before, after] = [first, second].map(text => new Set(text.split("\n").filter(Boolean)));
  const lines = [...before!, ...after!].filter(line => !(before!.has(line) && after!.has(line)));
  return [...new Set(lines.map(line => line.split("  ")[1]!))];
}
