import { expect, test } from "@jest/globals";
import type { V1ResourceQuota } from "@kubernetes/client-node";
import { refusedByPodQuota } from "./pod-quota";

const quota = (hard: object, used: object = {}, spec: object = {}): V1ResourceQuota =>
  ({ metadata: { name: "team" }, spec, status: { hard, used } }) as V1ResourceQuota;

const OTHER_CLASS = {
  matchExpressions: [{ scopeName: "PriorityClass", operator: "In", values: ["high"] }],
};
const KEEPS_OFF = {
  podAntiAffinity: {
    requiredDuringSchedulingIgnoredDuringExecution: [{ topologyKey: "host", namespaceSelector: {} }],
  },
};

test.each([
  { name: "none", quotas: [], expected: undefined },
  { name: "room for two", quotas: [quota({ pods: "2" })], expected: undefined },
  {
    name: "room for one",
    quotas: [quota({ pods: "1" })],
    expected: /^exceeded quota: team, used: pods=0, limited: pods=1/,
  },
  {
    name: "one left of many",
    quotas: [quota({ pods: "9" }, { pods: "8" })],
    expected: /used: pods=8, limited: pods=9/,
  },
  { name: "by count", quotas: [quota({ "count/pods": "1" })], expected: /limited: count\/pods=1/ },
  { name: "the second of two", quotas: [quota({ cpu: "1" }), quota({ pods: "1" })], expected: /pods=1/ },
  // Tekton's pods have a deadline, and the placeholder has none.
  {
    name: "of pods that end",
    quotas: [quota({ pods: "1" }, {}, { scopes: ["Terminating"] })],
    expected: undefined,
  },
  // The run's pods are not counted by these, and its placeholder is.
  {
    name: "of pods that do not end, with room for one",
    quotas: [quota({ pods: "1" }, {}, { scopes: ["NotTerminating"] })],
    expected: undefined,
  },
  {
    name: "of pods that do not end, with room for none",
    quotas: [quota({ pods: "1" }, { pods: "1" }, { scopes: ["NotTerminating"] })],
    expected: /of the scope NotTerminating.*its placeholder would need one/,
  },
  {
    name: "of pods that keep off others of all namespaces",
    quotas: [quota({ pods: "0" }, {}, { scopes: ["CrossNamespacePodAffinity"] })],
    expected: /of the scope CrossNamespacePodAffinity/,
  },
  {
    name: "of another class",
    quotas: [quota({ pods: "1" }, {}, { scopeSelector: OTHER_CLASS })],
    expected: undefined,
  },
  { name: "beyond what can be counted", quotas: [quota({ pods: "9E" })], expected: undefined },
])("a quota of pods: $name", ({ quotas, expected }) => {
  const found = refusedByPodQuota(quotas, { affinity: KEEPS_OFF });
  if (expected === undefined) expect(found).toBeUndefined();
  else expect(found).toMatch(expected);
});
