import { readFileSync } from "node:fs";
import { expect, test } from "@jest/globals";
import { isStatic, REQUIREMENTS, whatIsMissing } from "./requirements";

const named = (...packages: string[]) => REQUIREMENTS.filter(item => packages.includes(item.package));

test.each([
  { name: "all is there", system: "linux", user: 0, packages: [], expected: undefined },
  {
    name: "no Linux",
    system: "darwin",
    user: 0,
    packages: ["runc"],
    expected: "a real node needs Linux, and this is darwin",
  },
  {
    name: "not root",
    system: "linux",
    user: 1000,
    packages: [],
    expected: "a real node needs root, which is missing here: start it as root",
  },
  {
    name: "packages",
    system: "linux",
    user: 0,
    packages: ["containerd", "runc"],
    expected:
      "a real node needs containerd, runc, which is missing here: " +
      "apt-get install --no-install-recommends containerd runc",
  },
  {
    name: "both",
    system: "linux",
    user: 1000,
    packages: ["busybox-static"],
    expected:
      "a real node needs root, a static busybox, which is missing here: start it as root, and " +
      "apt-get install --no-install-recommends busybox-static",
  },
])("$name", ({ system, user, packages, expected }) => {
  expect(whatIsMissing(system, user, named(...packages))).toBe(expected);
});

test("an executable that needs a dynamic linker is not static, and neither is a script", () => {
  expect(isStatic(readFileSync(process.execPath))).toBe(false);
  expect(isStatic(Buffer.from("#!/bin/sh\n"))).toBe(false);
});
