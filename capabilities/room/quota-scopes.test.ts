import { expect, test } from "@jest/globals";
import type { V1ResourceQuota, V1ScopedResourceSelectorRequirement } from "@kubernetes/client-node";
import {
  countingPod,
  countsPod,
  crossesNamespaces,
  demandedOfContainers,
  POD_OF_TEKTON,
  type CountedPod,
} from "./quota-scopes";

const PLACEHOLDER: CountedPod = {
  hasDeadline: false,
  isBestEffort: false,
  priorityClassName: "batch",
  looksAtOthers: true,
};
const scoped = (...scopes: string[]): V1ResourceQuota => ({ spec: { scopes } });
const selecting = (...matchExpressions: V1ScopedResourceSelectorRequirement[]): V1ResourceQuota => ({
  spec: { scopeSelector: { matchExpressions } },
});
const ofClass = (operator: string, ...values: string[]) =>
  selecting({ scopeName: "PriorityClass", operator, values });

test.each([
  { name: "all pods", quota: {}, placeholder: "yes", run: "yes" },
  { name: "pods that end", quota: scoped("Terminating"), placeholder: "no", run: "yes" },
  { name: "pods that do not", quota: scoped("NotTerminating"), placeholder: "yes", run: "no" },
  { name: "pods that ask for nothing", quota: scoped("BestEffort"), placeholder: "no", run: "perhaps" },
  { name: "pods that ask", quota: scoped("NotBestEffort"), placeholder: "yes", run: "perhaps" },
  {
    name: "pods that look at other namespaces",
    quota: selecting({ scopeName: "CrossNamespacePodAffinity", operator: "Exists" }),
    placeholder: "yes",
    run: "perhaps",
  },
  { name: "a class", quota: ofClass("In", "batch", "low"), placeholder: "yes", run: "perhaps" },
  { name: "another class", quota: ofClass("In", "gold"), placeholder: "no", run: "perhaps" },
  { name: "all but a class", quota: ofClass("NotIn", "batch"), placeholder: "no", run: "perhaps" },
  { name: "any class", quota: scoped("PriorityClass"), placeholder: "yes", run: "perhaps" },
  { name: "no class", quota: ofClass("DoesNotExist"), placeholder: "no", run: "perhaps" },
  { name: "two scopes", quota: scoped("NotBestEffort", "Terminating"), placeholder: "no", run: "perhaps" },
  { name: "a scope of another time", quota: scoped("Sleeping"), placeholder: "perhaps", run: "perhaps" },
])("a quota of $name", ({ quota, placeholder, run }) => {
  expect([countsPod(quota, PLACEHOLDER), countsPod(quota, POD_OF_TEKTON)]).toEqual([placeholder, run]);
});

test("quotas that may count a pod are kept", () => {
  const [ends, stays, other] = [scoped("Terminating"), scoped("NotTerminating"), scoped("Sleeping")];
  expect(countingPod([ends, stays, other], PLACEHOLDER)).toEqual([stays, other]);
});

test("of each container of a run's pods, quotas that count them demand what they bound of cpu and memory", () => {
  const hard = {
    "requests.cpu": "1",
    memory: "1Gi",
    "limits.memory": "2Gi",
    pods: "3",
    "requests.storage": "9",
  };
  const named = (quota: V1ResourceQuota) => ({
    ...quota,
    metadata: { name: "q" },
    spec: { ...quota.spec, hard },
  });
  expect(demandedOfContainers([named({})])).toEqual([
    { of: "requests", resource: "cpu", source: "ResourceQuota q" },
    { of: "requests", resource: "memory", source: "ResourceQuota q" },
    { of: "limits", resource: "memory", source: "ResourceQuota q" },
  ]);
  expect(demandedOfContainers([named(scoped("NotTerminating"))])).toEqual([]);
});

const term = { topologyKey: "kubernetes.io/hostname", labelSelector: {} };
test.each([
  { name: "of no terms", affinity: {}, expected: false },
  {
    name: "within its namespace",
    affinity: { podAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [term] } },
    expected: false,
  },
  {
    name: "required, of all namespaces",
    affinity: {
      podAntiAffinity: {
        requiredDuringSchedulingIgnoredDuringExecution: [{ ...term, namespaceSelector: {} }],
      },
    },
    expected: true,
  },
  {
    name: "preferred, of named namespaces",
    affinity: {
      podAffinity: {
        preferredDuringSchedulingIgnoredDuringExecution: [
          { weight: 1, podAffinityTerm: { ...term, namespaces: ["db"] } },
        ],
      },
    },
    expected: true,
  },
])("pod affinity $name", ({ affinity, expected }) => {
  expect(crossesNamespaces(affinity)).toBe(expected);
});
