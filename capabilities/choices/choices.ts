/** What a user may choose for one run, by annotations `pod-affinity.tekton.dev/<key>`. */
import { z } from "zod";
import { parseRequests } from "../demand/requests";
import { HOSTNAME_TOPOLOGY, KEY_PREFIX } from "../keys";
import { parseDuration } from "./duration";

/** The value of `requests` that leaves it to the operator. */
export const COMPUTED = "computed";
/** The value of `placement-timeout` that lets a run wait for ever. */
export const NO_TIMEOUT = "none";
/**
 * For how long Tekton lets a run go on by default (default-timeout-minutes): one that has found no node by then is ended
 * as visibly. Started without co-location it would do what it was opted out of; waiting on, nobody would see it.
 */
const ORDINARY_TIMEOUT = "1h";

/** A label key as Kubernetes allows it: an optional DNS prefix and a name of at most 63 characters. */
const LABEL_KEY =
  /^(?:[a-z0-9](?:[-a-z0-9]*[a-z0-9])?(?:\.[a-z0-9](?:[-a-z0-9]*[a-z0-9])?)*\/)?[A-Za-z0-9](?:[-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$/;

/** Characters of a label key's prefix, a DNS subdomain. */
const LONGEST_PREFIX = 253;

export const nodeLabelKey = z
  .string()
  .max(317)
  .regex(LABEL_KEY)
  .refine(key => !key.includes("/") || key.indexOf("/") <= LONGEST_PREFIX)
  .meta({ allowed: "the key of a node label, for example topology.kubernetes.io/zone" });

export const oneOf = <const T extends readonly [string, ...string[]]>(values: T) =>
  z.enum(values).meta({ allowed: values.join(", ") });

export const TIMEOUT_WORDS = `${NO_TIMEOUT}, or a duration from 1s to 8760h, for example 10m or 1h30m`;

function areRequests(text: string): boolean {
  try {
    parseRequests(text);
    return true;
  } catch {
    return false;
  }
}

const LEAST_TIMEOUT_MILLISECONDS = 1000;
const MOST_TIMEOUT_MILLISECONDS = 8760 * 3_600_000;

export const isTimeout = (text: string): boolean => text === NO_TIMEOUT || isBoundedDuration(text);

/** Whether it is a duration from 1s to 8760h. */
export function isBoundedDuration(text: string): boolean {
  try {
    const milliseconds = parseDuration(text);
    return milliseconds >= LEAST_TIMEOUT_MILLISECONDS && milliseconds <= MOST_TIMEOUT_MILLISECONDS;
  } catch {
    return false;
  }
}

/** Each choice by its annotation's name behind the prefix, with what it means and its built-in default. */
export const CHOICES = {
  isolation: oneOf(["required", "preferred", "none"])
    .default("required")
    .describe("Whether other runs are kept off this run's node: always, when there is room, or not at all."),
  "isolation-scope": oneOf(["cluster", "namespace"])
    .default("cluster")
    .describe("Which runs are kept off: those of the whole cluster, or of the run's namespace alone."),
  "topology-key": nodeLabelKey
    .default(HOSTNAME_TOPOLOGY)
    .describe("The node label within whose one value all pods of the run are placed."),
  "isolation-topology-key": nodeLabelKey
    .default(HOSTNAME_TOPOLOGY)
    .describe("The node label within whose one value no two isolated runs are placed."),
  reservation: oneOf(["peak", "none"])
    .default("peak")
    .describe("Whether the placeholder keeps room for the run's widest moment, or none."),
  requests: z
    .string()
    .refine(text => text === COMPUTED || areRequests(text))
    .meta({ allowed: `${COMPUTED}, or amounts of resources, for example cpu=4,memory=8Gi` })
    .default(COMPUTED)
    .describe("What the run needs at its widest moment, in place of what the operator computes."),
  "placement-timeout": z
    .string()
    .refine(isTimeout)
    .meta({ allowed: TIMEOUT_WORDS })
    .default(ORDINARY_TIMEOUT)
    .describe("How long the run waits for its node before on-timeout applies."),
  "on-timeout": oneOf(["wait", "run-anyway", "cancel"])
    .default("cancel")
    .describe("What becomes of a run that waited so long: goes on waiting, starts without affinity, ends."),
  claims: oneOf(["keep", "delete"])
    .default("keep")
    .describe(
      "Whether claims that Tekton makes of the run's volumeClaimTemplates stay until the run is deleted, or go when " +
        "it and its pods have ended.",
    ),
} as const;

const schema = z.strictObject(CHOICES);
export type Choices = z.output<typeof schema>;
export type ChoiceName = keyof Choices;
export const CHOICE_NAMES = Object.keys(CHOICES) as ChoiceName[];
export const BUILT_IN_CHOICES: Choices = schema.parse({});

/** All values that a choice allows, for those that allow a few words and nothing else. */
export const WORDS: ReadonlyMap<ChoiceName, readonly string[]> = new Map(
  CHOICE_NAMES.flatMap(name => {
    const schema = CHOICES[name].unwrap();
    return schema instanceof z.ZodEnum ? [[name, schema.options] as const] : [];
  }),
);

/** Whether the value is one that the choice allows. */
export function isAllowed(name: ChoiceName, value: string): boolean {
  return CHOICES[name].safeParse(value).success;
}

/** What the choice allows, in words for a message. */
export function allowedValues(name: ChoiceName): string {
  return String(CHOICES[name].unwrap().meta()?.["allowed"]);
}

function problemOf(name: string, value: string): string | undefined {
  const annotation = `annotation ${KEY_PREFIX}${name}`;
  if (!Object.hasOwn(CHOICES, name)) {
    return `${annotation} (value ${JSON.stringify(value)}) is not known; allowed are ${CHOICE_NAMES.map(
      known => KEY_PREFIX + known,
    ).join(", ")}`;
  }
  const choice = name as ChoiceName;
  if (isAllowed(choice, value)) return undefined;
  return `${annotation} has the value ${JSON.stringify(value)}; allowed: ${allowedValues(choice)}`;
}

function ownAnnotations(annotations: Record<string, string>): [name: string, value: string][] {
  return Object.entries(annotations)
    .filter(([key]) => key.startsWith(KEY_PREFIX))
    .map(([key, value]) => [key.slice(KEY_PREFIX.length), value]);
}

/**
 * What is wrong with a run's annotations of ours, one sentence for each, naming key, value and what is
 * allowed. The keys in `ignored` (the ones that the operator itself writes) are passed over.
 */
export function choiceProblems(annotations: Record<string, string>, ignored: readonly string[]): string[] {
  return ownAnnotations(annotations)
    .filter(([name]) => !ignored.includes(KEY_PREFIX + name))
    .map(([name, value]) => problemOf(name, value))
    .filter(problem => problem !== undefined);
}

/**
 * The choices that hold for a run. A value that admission would have refused (it can only be there
 * when admission was by-passed) counts as not given.
 */
export function choicesOf(annotations: Record<string, string>): Choices {
  const valid = ownAnnotations(annotations).filter(
    ([name, value]) => Object.hasOwn(CHOICES, name) && isAllowed(name as ChoiceName, value),
  );
  return schema.parse(Object.fromEntries(valid));
}
