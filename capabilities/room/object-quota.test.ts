import { expect, test } from "@jest/globals";
import type { V1ResourceQuota } from "@kubernetes/client-node";
import { refusedByObjectQuota } from "./object-quota";
import type { CountedPod } from "./quota-scopes";

const quota = (hard: object, used: object = {}, spec: object = {}): V1ResourceQuota =>
  ({ metadata: { name: "team" }, spec, status: { hard, used } }) as V1ResourceQuota;

const PLACEHOLDER: CountedPod = {
  hasDeadline: false,
  isBestEffort: false,
  priorityClassName: undefined,
  looksAtOthers: true,
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
  {
    name: "of pods that end",
    quotas: [quota({ pods: "1" }, {}, { scopes: ["Terminating"] })],
    expected: undefined,
  },
  {
    name: "of pods that do not end, of which the run's are none",
    quotas: [quota({ pods: "1" }, {}, { scopes: ["NotTerminating"] })],
    expected: undefined,
  },
  {
    name: "of no pods that do not end",
    quotas: [quota({ pods: "0" }, {}, { scopes: ["NotTerminating"] })],
    expected: /team \(of the scope NotTerminating\), used: .*limited: pods=0: none is left$/,
  },
  {
    name: "of pods that look at other namespaces, as isolated placeholders do",
    quotas: [
      quota(
        { pods: "0" },
        {},
        {
          scopeSelector: {
            matchExpressions: [{ scopeName: "CrossNamespacePodAffinity", operator: "Exists" }],
          },
        },
      ),
    ],
    expected: /team \(of the scope CrossNamespacePodAffinity\), used: .*limited: pods=0/,
  },
  {
    name: "of a priority that the placeholder may not have",
    quotas: [quota({ pods: "0" }, {}, { scopes: ["PriorityClass"] })],
    expected: undefined,
  },
  {
    name: "of StatefulSets",
    quotas: [quota({ "count/statefulsets.apps": "3" }, { "count/statefulsets.apps": "3" })],
    expected: /limited: count\/statefulsets.apps=3: none is left$/,
  },
  { name: "beyond what can be counted", quotas: [quota({ pods: "9E" })], expected: undefined },
])("a quota of objects: $name", ({ quotas, expected }) => {
  const found = refusedByObjectQuota(quotas, PLACEHOLDER);
  if (expected === undefined) expect(found).toBeUndefined();
  else expect(found).toMatch(expected);
});
