import { expect, test } from "@jest/globals";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { moduleOf, MODULES, otherVersions } from "./kubernetes-version";

const asked = (version?: string) => ({ TESTBED_KUBERNETES: version });

test.each<[string, string, string, string | undefined, string]>([
  ["no version", "kube-apiserver", "kubernetes", undefined, "kubernetes"],
  ["an empty one", "kube-apiserver", "kubernetes", "", "kubernetes"],
  ["another", "kube-scheduler", "kubernetes", "1.37", "kubernetes-1.37"],
  ["the kubelet stays", "kubelet", "kubernetes", "1.37", "kubernetes"],
  ["what is not Kubernetes' own", "etcd", "etcd", "1.37", "etcd"],
])("%s: the module of %s", (_name, program, module, version, expected) => {
  expect(moduleOf(program, module, asked(version))).toBe(expected);
});

test("a version that is not kept is refused, with those that are", () => {
  expect(() => moduleOf("kube-apiserver", "kubernetes", asked("1.22"))).toThrow(
    'TESTBED_KUBERNETES has the value "1.22"; allowed: 1.34, 1.37',
  );
});

test.each(otherVersions())("the module of %s requires that version, for all of its parts", version => {
  const text = readFileSync(join(MODULES, `kubernetes-${version}`, "go.mod"), "utf8");
  const [, patch] = new RegExp(`k8s\\.io/kubernetes v${version}\\.(\\d+)`).exec(text)!;
  const parts = [...text.matchAll(/=> k8s\.io\/\S+ v0\.(\S+)/g)].map(([, part]) => part);
  expect(parts.length).toBeGreaterThan(20);
  expect(new Set(parts)).toEqual(new Set([`${version.slice(2)}.${patch}`]));
});
