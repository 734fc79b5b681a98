/**
 * The operator's settings, from environment variables that begin with POD_AFFINITY_.
 *
 * Parsed once, at start. A wrong value or an unknown name stops the start: a setting that is silently
 * ignored would be found out by a build that waits.
 */
import { z } from "zod";
import {
  CHOICES,
  COMPUTED,
  isAllowed,
  isBoundedDuration,
  isTimeout,
  oneOf,
  TIMEOUT_WORDS,
  type ChoiceName,
  type Choices,
} from "./choices";
import { areEndingKeys, DEFAULT_ENDING_KEYS, ENDING_KEYS_WORDS } from "./ending-keys";
import { listed } from "./lists";
import { clusterTemplate } from "./placeholder-template";
import { parseResources, type Resources } from "../demand/resources";

const PREFIX = "POD_AFFINITY_";

const wholeNumber = (least: number, most: number) =>
  z.coerce
    .number()
    .int()
    .min(least)
    .max(most)
    .meta({ allowed: `a whole number from ${least} to ${most}` });

/** The value of KARPENTER_DO_NOT_DISRUPT that leaves the annotation away. */
export const NOT_SAID = "none";

// No look-ahead: Helm checks these with Go's regular expressions, which have none.
const LIST = /^[A-Za-z0-9._\/-]+(?:,[A-Za-z0-9._\/-]+)*$/;
const GATES = /^(?:[A-Za-z0-9._\/-]+(?:=[A-Za-z0-9._-]+)?(?:,[A-Za-z0-9._\/-]+(?:=[A-Za-z0-9._-]+)?)*)?$/;
const KEY_PATTERNS = /^(?:[A-Za-z0-9._\/-]+\*?(?:,[A-Za-z0-9._\/-]+\*?)*)?$/;
/** Of clouds and schedulers that place pods by them: Fargate profiles, GKE Autopilot, OpenShift. */
const COPIED_KEYS =
  "eks.amazonaws.com/*,cloud.google.com/*,autopilot.gke.io/*,openshift.io/*,scheduling.k8s.io/*";
const ORDINARY_TOPOLOGY_KEYS =
  "kubernetes.io/hostname,topology.kubernetes.io/zone,topology.kubernetes.io/region";

/** Values of a choice, between commas. */
const listOf = (name: ChoiceName, allowed: string) =>
  z
    .string()
    .regex(LIST)
    .refine(text => listed(text).every(value => isAllowed(name, value)))
    .meta({ allowed });
const TOPOLOGY_KEYS = "keys of node labels, between commas";

const DNS_LABEL = /^[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?$/;
const IMAGE = /^[a-zA-Z0-9][\w.-]*(?::\d+)?(?:\/[\w.-]+)*(?::[\w][\w.-]{0,127})?(?:@sha256:[0-9a-f]{64})?$/;
const CPU = /^(?:0*[1-9]\d*m|0*[1-9]\d*(?:\.\d+)?|0+\.0*[1-9]\d*)$/;
const MEMORY = /^(?:0*[1-9]\d*(?:\.\d+)?|0+\.0*[1-9]\d*)(?:Ki|Mi|Gi|Ti|k|M|G|T)?$/;

/** Each setting by its environment variable behind the prefix. */
export const SETTINGS = {
  PLACEHOLDER_IMAGE: z
    .string()
    .regex(IMAGE)
    .meta({ allowed: "an image reference, for example registry.example.com/pause:3.10.1" })
    .default("registry.k8s.io/pause:3.10.1")
    .describe("Image of the placeholder pod. It does nothing; it must exist for every architecture in use."),
  PLACEHOLDER_CPU: z
    .string()
    .regex(CPU)
    .meta({ allowed: "a CPU quantity above zero, for example 10m" })
    .default("10m")
    .describe("CPU that a placeholder asks for at least."),
  PLACEHOLDER_MEMORY: z
    .string()
    .regex(MEMORY)
    .meta({ allowed: "a memory quantity above zero, for example 16Mi" })
    .default("16Mi")
    .describe("Memory that a placeholder asks for at least."),
  PLACEHOLDER_PREEMPTION: oneOf(["never", "as-run"])
    .default("never")
    .describe(
      "Whether the scheduler may evict pods of lower priority for a placeholder: never, or as the run's priority classes say.",
    ),
  PLACEHOLDER_COPIED_KEYS: z
    .string()
    .regex(KEY_PATTERNS)
    .meta({
      allowed: "keys of labels and annotations between commas, each with or without a star (`*`) at its end",
    })
    .default(COPIED_KEYS)
    .describe(
      "Labels and annotations of a run that its placeholder has as well: those by which policies and webhooks place pods.",
    ),
  PLACEHOLDER_TEMPLATE: clusterTemplate.describe("What every placeholder of the cluster has besides."),
  TEKTON_NAMESPACE: z
    .string()
    .regex(DNS_LABEL)
    .meta({ allowed: "the name of a namespace" })
    .default("tekton-pipelines")
    .describe("Namespace of Tekton's controller, where its ConfigMap feature-flags is."),
  DEFAULT_ISOLATION: CHOICES.isolation.describe("What a run without the annotation isolation gets."),
  DEFAULT_ISOLATION_SCOPE: CHOICES["isolation-scope"].describe(
    "What a run without the annotation isolation-scope gets.",
  ),
  DEFAULT_TOPOLOGY_KEY: CHOICES["topology-key"].describe(
    "What a run without the annotation topology-key gets.",
  ),
  DEFAULT_ISOLATION_TOPOLOGY_KEY: CHOICES["isolation-topology-key"].describe(
    "What a run without the annotation isolation-topology-key gets.",
  ),
  DEFAULT_RESERVATION: CHOICES.reservation.describe("What a run without the annotation reservation gets."),
  DEFAULT_PLACEMENT_TIMEOUT: CHOICES["placement-timeout"].describe(
    "What a run without the annotation placement-timeout gets.",
  ),
  DEFAULT_ON_TIMEOUT: CHOICES["on-timeout"].describe("What a run without the annotation on-timeout gets."),
  DEFAULT_CLAIMS: CHOICES.claims.describe("What a run without the annotation claims gets."),
  GATE_LABELS: z
    .string()
    .regex(GATES)
    .meta({ allowed: "keys of labels, or key=value, between commas" })
    .default("kueue.x-k8s.io/queue-name,pipelinesascode.tekton.dev/state=queued")
    .describe(
      "Labels by which queueing controllers say that a run is theirs to start first; placed after that.",
    ),
  QUEUE_REQUESTS: oneOf(["none", "tekton-kueue"])
    .default("none")
    .describe("Whose queue is told, by annotations, what a run states by its annotation requests."),
  ALLOWED_TOPOLOGY_KEYS: listOf("topology-key", TOPOLOGY_KEYS)
    .default(ORDINARY_TOPOLOGY_KEYS)
    .describe("What runs may choose by the annotation topology-key, besides the default."),
  ALLOWED_ISOLATION_TOPOLOGY_KEYS: listOf("isolation-topology-key", TOPOLOGY_KEYS)
    .default(ORDINARY_TOPOLOGY_KEYS)
    .describe(
      "What runs may choose by isolation-topology-key, besides the default. Of a wide one, one run keeps all others off.",
    ),
  ALLOWED_ISOLATION_SCOPES: listOf("isolation-scope", "cluster, namespace, or both with a comma between")
    .default("cluster,namespace")
    .describe("What runs may choose by the annotation isolation-scope, besides the default."),
  UNKNOWN_TASK_CPU: z
    .string()
    .regex(CPU)
    .meta({ allowed: "a CPU quantity above zero, for example 500m" })
    .default("500m")
    .describe("CPU that a task counts for whose definition cannot be read in advance, as with a resolver."),
  UNKNOWN_TASK_MEMORY: z
    .string()
    .regex(MEMORY)
    .meta({ allowed: "a memory quantity above zero, for example 512Mi" })
    .default("512Mi")
    .describe("Memory that such a task counts for."),
  AUTOSCALER: oneOf(["expected", "none"])
    .default("expected")
    .describe(
      "Whether an autoscaler may add larger nodes; if none, a run that no node can hold is told at once.",
    ),
  ON_NEVER_FITS: oneOf(["wait", "at-once"])
    .default("wait")
    .describe("Whether such a run waits until its placement-timeout, or on-timeout applies at once."),
  MOVES: oneOf(["enabled", "disabled"])
    .default("enabled")
    .describe(
      "Whether a run leaves a node that is not to be used any more, or on which its pods find no place; see docs/nodes.md.",
    ),
  NODE_ENDING_KEYS: z
    .string()
    .refine(areEndingKeys)
    .meta({ allowed: ENDING_KEYS_WORDS })
    .default(DEFAULT_ENDING_KEYS)
    .describe("Taints and annotations by which a node announces its end; see docs/nodes.md."),
  STUCK_TIMEOUT: z
    .string()
    .refine(isTimeout)
    .meta({ allowed: TIMEOUT_WORDS })
    .default("1h")
    .describe("How long a run that has started may stand still, because of its node, before onStuckTimeout."),
  ON_STUCK_TIMEOUT: oneOf(["wait", "cancel"])
    .default("wait")
    .describe("What becomes of a run that has stood still for so long: it goes on waiting, or is cancelled."),
  DISRUPTION_BUDGET: oneOf(["none", "active"])
    .default("none")
    .describe("Whether a PodDisruptionBudget keeps drains from evicting pods of runs while they are active."),
  KARPENTER_DO_NOT_DISRUPT: z
    .string()
    .refine(text => text === "true" || text === NOT_SAID || isBoundedDuration(text))
    .meta({ allowed: `true, ${NOT_SAID}, or a duration from 1s to 8760h, for example 4h` })
    .default("true")
    .describe(
      "Whether Karpenter leaves the node of a run alone until the run ends (true), for so long after the placeholder " +
        "came onto it (a duration: newer versions of Karpenter), or not at all.",
    ),
  GROWTH_RETRY_SECONDS: wholeNumber(5, 3600)
    .default(30)
    .describe("Seconds after which a placeholder asks again for room that its node could not give back."),
  LEASE_NAMESPACE: z
    .string()
    .regex(DNS_LABEL)
    .meta({ allowed: "the name of a namespace" })
    .default("pepr-system")
    .describe("The operator's own namespace, where the Lease is by which one controller of several acts."),
  INSTALLATION: z
    .string()
    .regex(DNS_LABEL)
    .meta({ allowed: "the name of a webhook configuration" })
    .default("pepr-pipelinerun-pod-affinity")
    .describe(
      "The name of its own webhook configurations, by which a second installation in the cluster is noticed.",
    ),
  LEASE_DURATION_SECONDS: wholeNumber(3, 300)
    .default(9)
    .describe("Seconds after which another controller takes over from one that is gone without a word."),
  WORKERS: wholeNumber(1, 100).default(30).describe("How many runs are worked on at once."),
  MAX_CONNECTIONS: wholeNumber(1, 100)
    .default(40)
    .describe("Most connections, and so requests in flight, to the API server at once."),
  REQUEST_TIMEOUT_SECONDS: wholeNumber(1, 300)
    .default(15)
    .describe("Seconds after which a request to the API server is given up and tried again."),
  RETRY_BASE_MILLISECONDS: wholeNumber(10, 60_000)
    .default(500)
    .describe("Milliseconds before a failed run is looked at again; doubled with every failure in a row."),
  RETRY_LIMIT_SECONDS: wholeNumber(1, 3600).default(60).describe("Most seconds between two such tries."),
  RESYNC_SECONDS: wholeNumber(5, 3600)
    .default(120)
    .describe("Seconds between two looks at every held run and every placeholder, whatever events said."),
} as const;

const schema = z.strictObject(SETTINGS);
export type Settings = z.output<typeof schema>;

/** A setting that the operator will not start with. The message names key, value and what is allowed. */
export class SettingsError extends Error {}

function sentence(issue: z.core.$ZodIssue, given: Record<string, string>): string {
  if (issue.code === "unrecognized_keys") {
    return issue.keys
      .map(key => `${PREFIX}${key} (value ${JSON.stringify(given[key])}) is not a setting; `)
      .concat(
        `allowed are ${Object.keys(SETTINGS)
          .map(key => PREFIX + key)
          .join(", ")}`,
      )
      .join("");
  }
  const name = String(issue.path[0]) as keyof typeof SETTINGS;
  const allowed = SETTINGS[name].unwrap().meta()?.["allowed"];
  return `${PREFIX}${name} has the value ${JSON.stringify(given[name])}; allowed: ${String(allowed)}`;
}

/**
 * @param environment variable name to value; those without the prefix are not looked at
 * @throws SettingsError with one line for each wrong setting
 */
export function parseSettings(environment: Record<string, string | undefined>): Settings {
  const given = Object.fromEntries(
    Object.entries(environment)
      .filter((entry): entry is [string, string] => entry[0].startsWith(PREFIX) && entry[1] !== undefined)
      .map(([key, value]) => [key.slice(PREFIX.length), value]),
  );
  const parsed = schema.safeParse(given);
  if (parsed.success) return parsed.data;
  throw new SettingsError(
    ["The operator does not start, because of its settings:"]
      .concat(parsed.error.issues.map(issue => `- ${sentence(issue, given)}`))
      .join("\n"),
  );
}

/** What a placeholder asks for at least. */
export const floorOf = (settings: Settings): Resources =>
  parseResources({ cpu: settings.PLACEHOLDER_CPU, memory: settings.PLACEHOLDER_MEMORY });

/** What a task counts for of which nothing can be known in advance. */
export const unknownTaskOf = (settings: Settings): Resources =>
  parseResources({ cpu: settings.UNKNOWN_TASK_CPU, memory: settings.UNKNOWN_TASK_MEMORY });

/** What a run gets that leaves a choice open. */
export const defaultChoices = (settings: Settings): Choices => ({
  isolation: settings.DEFAULT_ISOLATION,
  "isolation-scope": settings.DEFAULT_ISOLATION_SCOPE,
  "topology-key": settings.DEFAULT_TOPOLOGY_KEY,
  "isolation-topology-key": settings.DEFAULT_ISOLATION_TOPOLOGY_KEY,
  reservation: settings.DEFAULT_RESERVATION,
  requests: COMPUTED,
  "placement-timeout": settings.DEFAULT_PLACEMENT_TIMEOUT,
  "on-timeout": settings.DEFAULT_ON_TIMEOUT,
  claims: settings.DEFAULT_CLAIMS,
});
