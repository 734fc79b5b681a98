/** Versions that the pages name as tested are those that the test bed builds. */
import { expect, test } from "@jest/globals";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { MODULES, otherVersions } from "../testbed/kubernetes-version";
import { CHECKOUT } from "./pages";

const page = (name: string): string => readFileSync(join(CHECKOUT, "docs", name), "utf8");

/** @param directory below testbed/binaries */
function versionIn(directory: string, module: string): string {
  const text = readFileSync(join(MODULES, directory, "go.mod"), "utf8");
  const [, version] = new RegExp(`^\\s*(?:require )?${module} v(\\S+)`, "m").exec(text) ?? [];
  if (version === undefined) throw new Error(`${directory}/go.mod does not name ${module}`);
  return version;
}

test("the table of Kubernetes has each version that end-to-end tests can run on, and no others", () => {
  const directories = ["kubernetes", ...otherVersions().map(version => `kubernetes-${version}`)];
  const built = directories.map(directory => versionIn(directory, "k8s.io/kubernetes"));
  const told = [...page("install.md").matchAll(/^\| (1\.\d+\.\d+) /gm)].map(([, version]) => version);
  expect(told).toEqual(built.sort());
});

test("so are those of Kueue", () => {
  expect(page("queues.md")).toContain(`| v${versionIn("kueue", "sigs.k8s.io/kueue")} `);
});
