import { afterAll, expect, test } from "@jest/globals";
import { execFileSync } from "node:child_process";
import { cpSync, mkdtempSync, rmSync, utimesSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { packaged } from "./packaged";

const directory = mkdtempSync(join(tmpdir(), "packaged-"));
afterAll(() => rmSync(directory, { recursive: true }));

test("the same files give the same bytes, wherever they lie and however old they are", () => {
  const [first, second] = ["a", "b"].map(place => join(directory, place, "chart"));
  for (const copy of [first!, second!]) cpSync(join(__dirname, "package"), copy, { recursive: true });
  utimesSync(join(second!, "values.yaml"), 1, 1);
  expect(packaged(first!).equals(packaged(second!))).toBe(true);
});

test("the tar of this machine finds all files below the chart's name", () => {
  const listed = execFileSync("tar", ["-tzf", "-"], {
    input: packaged(join(__dirname, "package")),
    encoding: "utf8",
  }).split("\n");
  expect(listed).toEqual(expect.arrayContaining(["package/Chart.yaml", "package/templates/webhooks.yaml"]));
});
