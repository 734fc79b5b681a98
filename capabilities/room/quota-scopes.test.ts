import { describe, expect, test } from "@jest/globals";
import type { V1ResourceQuota } from "@kubernetes/client-node";
import { countsPod, type ScopedPod } from "./quota-scopes";

const byScopes = (...scopes: string[]): V1ResourceQuota => ({ spec: { scopes } });
const byClass = (operator: string, ...values: string[]): V1ResourceQuota => ({
  spec: { scopeSelector: { matchExpressions: [{ scopeName: "PriorityClass", operator, values }] } },
});
const term = { topologyKey: "zone", labelSelector: {} };
const apartFrom = (more: object): ScopedPod => ({
  affinity: { podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [{ ...term, ...more }] } },
});
const preferringOthers: ScopedPod = {
  affinity: {
    podAffinity: {
      preferredDuringSchedulingIgnoredDuringExecution: [
        { weight: 1, podAffinityTerm: { ...term, namespaces: ["other"] } },
      ],
    },
  },
};

describe("a quota counts a pod", () => {
  test.each<[string, V1ResourceQuota, ScopedPod, boolean]>([
    ["without scopes", {}, {}, true],
    ["Terminating, without a deadline", byScopes("Terminating"), {}, false],
    ["Terminating, with one", byScopes("Terminating"), { activeDeadlineSeconds: 0 }, true],
    ["NotTerminating, without one", byScopes("NotTerminating"), {}, true],
    ["NotTerminating, with one", byScopes("NotTerminating"), { activeDeadlineSeconds: 60 }, false],
    ["BestEffort", byScopes("BestEffort"), {}, false],
    ["NotBestEffort", byScopes("NotBestEffort"), {}, true],
    ["NotBestEffort, of one that asks for nothing", byScopes("NotBestEffort"), { isBestEffort: true }, false],
    ["of two scopes, when both do", byScopes("NotTerminating", "NotBestEffort"), {}, true],
    ["of two scopes, when one does not", byScopes("NotTerminating", "BestEffort"), {}, false],
    [
      "apart from others in all namespaces",
      byScopes("CrossNamespacePodAffinity"),
      apartFrom({ namespaceSelector: {} }),
      true,
    ],
    ["apart from others of its own namespace", byScopes("CrossNamespacePodAffinity"), apartFrom({}), false],
    ["preferring those of another one", byScopes("CrossNamespacePodAffinity"), preferringOthers, true],
    ["of a class, In", byClass("In", "high"), { priorityClassName: "high" }, true],
    ["of another class, In", byClass("In", "high"), { priorityClassName: "low" }, false],
    ["of no class, In", byClass("In", "high"), {}, false],
    ["of another class, NotIn", byClass("NotIn", "high"), { priorityClassName: "low" }, true],
    ["of a class, Exists", byClass("Exists"), { priorityClassName: "low" }, true],
    ["of no class, Exists", byClass("Exists"), {}, false],
    ["of no class, DoesNotExist", byClass("DoesNotExist"), {}, true],
    ["of a scope that nobody knows yet", byScopes("New"), {}, false],
  ])("%s", (_name, quota, pod, expected) => expect(countsPod(quota, pod)).toBe(expected));
});
