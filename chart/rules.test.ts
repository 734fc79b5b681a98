import { describe, expect, test } from "@jest/globals";
import packageJson from "../package.json";
import { splitRules } from "./rules";

const namespaces = { apiGroups: [""], resources: ["namespaces"], verbs: ["get"] };

test("admission may only read namespaces; the controller has what the list says, and no more", () => {
  const { admission, controller } = splitRules(packageJson.pepr.rbac);
  expect(admission).toEqual({ cluster: [namespaces], own: [] });
  const rules = [...controller.cluster, ...controller.own];
  const all = (list: { resources?: string[]; verbs: string[] }[]) =>
    list.flatMap(({ resources = [], verbs }) => verbs.map(verb => `${verb} ${resources.join()}`)).sort();
  expect(all(rules)).toEqual(all(packageJson.pepr.rbac));
});

test("ConfigMaps are limited to those that are read", () => {
  const configMaps = { apiGroups: [""], resources: ["configmaps"], verbs: ["get"] };
  const { controller } = splitRules([namespaces, configMaps]);
  expect(controller.cluster).toEqual([
    namespaces,
    { ...configMaps, resourceNames: ["feature-flags", "config-defaults"] },
  ]);
});

test("of Leases, one of the operator's own namespace; what is made cannot be limited to a name", () => {
  const leases = { apiGroups: ["coordination.k8s.io"], resources: ["leases"] };
  const { controller } = splitRules([namespaces, { ...leases, verbs: ["create", "get", "update"] }]);
  const named = { ...leases, verbs: ["get", "update"], resourceNames: ["pipelinerun-pod-affinity"] };
  expect(controller).toEqual({ cluster: [namespaces], own: [named, { ...leases, verbs: ["create"] }] });
});

describe("refused", () => {
  test.each([
    [{ apiGroups: ["*"], resources: ["pods"], verbs: ["get"] }, "*"],
    [{ apiGroups: [""], resources: ["*"], verbs: ["get"] }, "*"],
    [{ apiGroups: [""], resources: ["pods"], verbs: ["*"] }, "*"],
    [{ apiGroups: [""], resources: ["secrets"], verbs: ["get"] }, "secrets"],
    [{ apiGroups: [""], resources: ["configmaps", "pods"], verbs: ["get"] }, "configmaps, pods"],
  ])("%j", (rule, named) => {
    expect(() => splitRules([namespaces, rule])).toThrow(named);
  });

  test("a list without admission's rule", () => {
    expect(() => splitRules([])).toThrow("namespaces");
  });
});
