import { afterAll, expect, test } from "@jest/globals";
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { checksums, differences, SUMS, writeChecksums } from "./checksums";

const directory = mkdtempSync(join(tmpdir(), "checksums-"));
afterAll(() => rmSync(directory, { recursive: true }));

test("sha256sum agrees", () => {
  writeFileSync(join(directory, "b.tgz"), "b");
  writeFileSync(join(directory, "a.yaml"), "a");
  writeChecksums(directory);
  writeChecksums(directory);
  const said = execFileSync("sha256sum", ["--check", SUMS], { cwd: directory, encoding: "utf8" });
  expect(said).toBe("a.yaml: OK\nb.tgz: OK\n");
});

test("files that differ are named", () => {
  const before = checksums(directory);
  writeFileSync(join(directory, "a.yaml"), "other");
  writeFileSync(join(directory, "c"), "new");
  expect(differences(before, checksums(directory)).sort()).toEqual(["a.yaml", "c"]);
  expect(differences(before, before)).toEqual([]);
});
