/**
 * Admission for operator processes on this machine. `pepr build` declares one webhook for all rules,
 * without selectors; here rules that differ in what they are about are entries of their own, so that no other object of the cluster
 * depends on these processes.
 */
import type {
  V1MutatingWebhook,
  V1MutatingWebhookConfiguration,
  V1RuleWithOperations,
  V1ValidatingWebhookConfiguration,
} from "@kubernetes/client-node";
import {
  COMPONENT_LABEL,
  OPT_IN_LABEL,
  OPTED_IN,
  PENDING,
  PLACEHOLDER_COMPONENT,
  PLACEHOLDER_LABEL,
} from "../capabilities/keys";

export type WebhookConfiguration = V1MutatingWebhookConfiguration | V1ValidatingWebhookConfiguration;

/** Where the API server finds the process. */
export interface Endpoint {
  /** `https://host:port`, with a certificate for the host. */
  url: string;
  /** PEM text of the authority that signed the certificate. */
  authority: string;
  /** The last part of the path, that Pepr expects. */
  apiPath: string;
}

type Narrowing = Pick<V1MutatingWebhook, "objectSelector" | "matchConditions" | "failurePolicy">;

/** Which objects a rule is about; fail closed only where a run would lose its affinity without a word. */
function narrowingOf(rule: V1RuleWithOperations): Narrowing {
  if (rule.resources?.[0] === "pods") {
    const matchExpressions = [
      { key: PLACEHOLDER_LABEL, operator: "Exists" },
      { key: COMPONENT_LABEL, operator: "NotIn", values: [PLACEHOLDER_COMPONENT] },
    ];
    return { failurePolicy: "Fail", objectSelector: { matchExpressions } };
  }
  if (rule.operations?.includes("UPDATE")) {
    const lifted =
      `has(oldObject.spec.status) && oldObject.spec.status == "${PENDING}" && ` +
      `(!has(object.spec.status) || object.spec.status == "")`;
    return {
      failurePolicy: "Ignore",
      objectSelector: { matchLabels: { [OPT_IN_LABEL]: OPTED_IN } },
      matchConditions: [{ name: "pending-is-lifted", expression: lifted }],
    };
  }
  return { failurePolicy: "Fail" };
}

/** The configuration as it was built, with one entry for each rule, calling the endpoint. */
export function webhooksFor<T extends WebhookConfiguration>(built: T, endpoint: Endpoint): T {
  const [all] = built.webhooks ?? [];
  if (all === undefined) throw new Error(`${built.kind} ${built.metadata?.name} has no webhook`);
  const verb = built.kind === "MutatingWebhookConfiguration" ? "mutate" : "validate";
  const clientConfig = {
    url: `${endpoint.url}/${verb}/${endpoint.apiPath}`,
    caBundle: Buffer.from(endpoint.authority).toString("base64"),
  };
  const webhooks = groupedByNarrowing(all.rules ?? []).map((rules, index) => ({
    ...all,
    ...narrowingOf(rules[0]),
    name: `rules-${index}.${all.name}`,
    rules,
    clientConfig,
  }));
  return { ...built, webhooks };
}

/** v1 and v1beta1 of one rule share an entry: in two, each run would be sent once for each version. */
function groupedByNarrowing(rules: V1RuleWithOperations[]): V1RuleWithOperations[][] {
  const groups = new Map<string, V1RuleWithOperations[]>();
  for (const rule of rules) {
    const key = JSON.stringify(narrowingOf(rule));
    groups.set(key, [...(groups.get(key) ?? []), rule]);
  }
  return [...groups.values()];
}
