/** Whether the operator would hold a run, in words. */
import {
  admitCreation,
  isNamespaceOptedIn,
  isOptedIn,
  refusals,
  type RunChanges,
} from "../capabilities/admission/admit";
import type { Choices } from "../capabilities/choices/choices";
import { HELD, HELD_LABEL, OPT_IN_LABEL, OPTED_IN, OPTED_OUT } from "../capabilities/keys";
import { isChild, isManagedElsewhere, isPending, type PipelineRun } from "../capabilities/tekton/objects";

export interface Admission {
  outcome:
    | "held"
    /** Once somebody else's Pending is lifted. */
    | "held later"
    | "not opted in"
    /** It would get no placeholder of its own, opted in or not. */
    | "left alone"
    | "refused";
  why: string;
}

function whyNotOptedIn(run: PipelineRun, namespaceLabels: Record<string, string> | undefined): string {
  const own = run.metadata?.labels?.[OPT_IN_LABEL];
  if (own === OPTED_OUT) return `its label ${OPT_IN_LABEL} says "${OPTED_OUT}"`;
  const label = own === undefined ? "it has no label" : `its label is ${JSON.stringify(own)}, not`;
  const namespace =
    namespaceLabels === undefined
      ? "; whether its namespace opts in is not known here"
      : ", and its namespace does not opt in";
  return `${label} ${OPT_IN_LABEL}: "${OPTED_IN}"${namespace}`;
}

/** @param namespaceLabels undefined when nothing is known of the namespace */
export function admissionOf(
  run: PipelineRun,
  namespaceLabels: Record<string, string> | undefined,
  defaults: Choices,
): Admission {
  const problems = refusals(run);
  if (problems.length > 0) return { outcome: "refused", why: problems.join("; ") };
  if (isChild(run)) {
    return { outcome: "left alone", why: "another run made it; it shares that one's placeholder" };
  }
  const changes = admitCreation(run, isNamespaceOptedIn(namespaceLabels), defaults);
  if (changes.hold) return { outcome: "held", why: "it starts when its placeholder has a node" };
  if (isManagedElsewhere(run)) {
    return { outcome: "left alone", why: `spec.managedBy is ${JSON.stringify(run.spec?.managedBy)}` };
  }
  const status = JSON.stringify(run.spec?.status);
  if (!isOptedIn(run) && changes.labels[OPT_IN_LABEL] !== OPTED_IN) {
    return { outcome: "not opted in", why: whyNotOptedIn(run, namespaceLabels) };
  }
  return isPending(run)
    ? { outcome: "held later", why: `spec.status is ${status}: held once whoever set that takes it away` }
    : { outcome: "left alone", why: `spec.status is ${status}` };
}

const without = (map: Record<string, string> | undefined, keys: string[]): Record<string, string> =>
  Object.fromEntries(Object.entries(map ?? {}).filter(([key]) => !keys.includes(key)));

function changed(run: PipelineRun, changes: RunChanges): PipelineRun {
  const { labels, annotations } = run.metadata ?? {};
  return {
    ...run,
    metadata: {
      ...run.metadata,
      labels: { ...without(labels, changes.removedLabels), ...changes.labels },
      annotations: { ...without(annotations, changes.removedAnnotations), ...changes.annotations },
    },
  };
}

/** The run as it is while it is held, as if it opted in where it does not and nobody else held it. */
export function asHeld(run: PipelineRun, defaults: Choices): PipelineRun {
  const labels = { ...run.metadata?.labels, [OPT_IN_LABEL]: OPTED_IN };
  const optedIn = { ...run, metadata: { ...run.metadata, labels } };
  const held = changed(optedIn, admitCreation(optedIn, false, defaults));
  held.metadata!.labels![HELD_LABEL] = HELD;
  return held;
}
