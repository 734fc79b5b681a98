import { describe, expect, test } from "@jest/globals";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import {
  cacheKey,
  cacheRoot,
  checkedGoVersion,
  linkerFlags,
  PROGRAM_SOURCES,
  type BuildInputs,
} from "./programs";

describe("the cache key", () => {
  const inputs: BuildInputs = {
    goMod: "module a",
    goSum: "sum",
    source: "package main",
    linkerFlags: "-s",
    operatingSystem: "linux",
    architecture: "amd64",
    goVersion: "go1.26.8",
  };

  test("is the same for the same inputs and fit for a directory's name", () => {
    expect(cacheKey({ ...inputs })).toBe(cacheKey(inputs));
    expect(cacheKey(inputs)).toMatch(/^[0-9a-f]{16}$/);
  });

  test.each(Object.keys(inputs) as (keyof BuildInputs)[])("changes with %s", field => {
    expect(cacheKey({ ...inputs, [field]: "other" })).not.toBe(cacheKey(inputs));
  });

  test("tells fields apart that are the same when joined", () => {
    const moved = { ...inputs, goMod: inputs.goMod + inputs.goSum, goSum: "" };
    expect(cacheKey(moved)).not.toBe(cacheKey(inputs));
  });
});

test("the cache lies where XDG says, else in ~/.cache", () => {
  expect(cacheRoot({ XDG_CACHE_HOME: "/x" })).toBe("/x/pipelinerun-pod-affinity/testbed");
  expect(cacheRoot({ XDG_CACHE_HOME: "" })).toMatch(/\/\.cache\/pipelinerun-pod-affinity\/testbed$/);
});

describe("linker flags", () => {
  test.each(Object.entries(PROGRAM_SOURCES))(
    "of %s carry a version if it is Kubernetes' or Helm's",
    (_, { module }) => {
      const flags = linkerFlags(readFileSync(join(__dirname, "binaries", module, "go.mod"), "utf8"));
      if (module === "kubernetes")
        expect(flags).toMatch(/gitVersion=v1\.\d+\.\d+ .*gitMajor=1 .*gitMinor=\d+$/);
      else if (module === "helm")
        expect(flags).toMatch(/version=v3\.\d+\.\d+ .*chartutil\.k8sVersionMinor=\d+$/);
      else expect(flags).toBe("-s -w");
    },
  );
});

describe("go version", () => {
  test.each([
    ["go version go1.26.8 linux/amd64", "go1.26.8"],
    ["go version go1.27rc1 darwin/arm64\n", "go1.27rc1"],
    ["go version go2.0 linux/amd64", "go2.0"],
  ])("%s is taken", (output, version) => {
    expect(checkedGoVersion(output)).toBe(version);
  });

  test.each(["go version go1.25.9 linux/amd64", "go version go1.9 linux/amd64", "nonsense"])(
    "%s is refused with what to install",
    output => {
      expect(() => checkedGoVersion(output)).toThrow(/Go 1\.26 or newer.*https:\/\/go\.dev\/dl/s);
    },
  );
});
