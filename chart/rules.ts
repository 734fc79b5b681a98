/** Who may do what: the rules of package.json, which `pepr build` gives to one account, split for the chart's two. */
import type { V1PolicyRule } from "@kubernetes/client-node";
import { APP_NAME, CONFIG_DEFAULTS, FEATURE_FLAGS } from "../capabilities/keys";

export interface Rules {
  cluster: V1PolicyRule[];
  /** In the operator's own namespace. */
  own: V1PolicyRule[];
}

/** Admission reads the namespace of a run: whether it is opted in there, and what it may choose. Nothing else. */
const ADMISSION: V1PolicyRule = { apiGroups: [""], resources: ["namespaces"], verbs: ["get"] };

/** Objects of these names only. */
const NAMES: Record<string, string[]> = { configmaps: [FEATURE_FLAGS, CONFIG_DEFAULTS], leases: [APP_NAME] };

/** What Kubernetes cannot limit to a name: the object is not there yet. */
const WITHOUT_NAME = ["create"];

/** API groups whose objects the operator has in its own namespace alone. */
const OWN_GROUPS = ["coordination.k8s.io"];

const isSame = (one: V1PolicyRule, other: V1PolicyRule): boolean =>
  (["apiGroups", "resources", "verbs"] as const).every(
    field => JSON.stringify(one[field]) === JSON.stringify(other[field]),
  );

function withNames(rule: V1PolicyRule): V1PolicyRule[] {
  const names = rule.resources!.flatMap(resource => NAMES[resource] ?? []);
  if (names.length > 0 && rule.resources!.length > 1) {
    throw new Error(`package.json, pepr.rbac: ${rule.resources!.join(", ")} need a rule for each`);
  }
  if (names.length === 0) return [rule];
  const isNamed = (verb: string) => !WITHOUT_NAME.includes(verb);
  return [
    { ...rule, verbs: rule.verbs.filter(isNamed), resourceNames: names },
    { ...rule, verbs: rule.verbs.filter(verb => !isNamed(verb)) },
  ].filter(({ verbs }) => verbs.length > 0);
}

/**
 * @param all the one list of rules
 * @throws Error when the list grants more than a platform team would: wildcards, or Secrets
 */
export function splitRules(all: readonly V1PolicyRule[]): { admission: Rules; controller: Rules } {
  for (const { apiGroups = [], resources = [], verbs } of all) {
    for (const word of [...apiGroups, ...resources, ...verbs]) {
      if (word === "*" || word === "secrets")
        throw new Error(`package.json, pepr.rbac: "${word}" is too much`);
    }
  }
  if (!all.some(rule => isSame(rule, ADMISSION))) {
    throw new Error("package.json, pepr.rbac: admission's rule is not there: namespaces, get");
  }
  const isOwn = ({ apiGroups }: V1PolicyRule) => apiGroups!.every(group => OWN_GROUPS.includes(group));
  return {
    admission: { cluster: [ADMISSION], own: [] },
    controller: {
      cluster: all.filter(rule => !isOwn(rule)).flatMap(withNames),
      own: all.filter(isOwn).flatMap(withNames),
    },
  };
}
