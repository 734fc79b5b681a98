/** What admission does with a PipelineRun. Pure: the namespace's opt-in is handed in. */
import {
  ATTEMPTS_ANNOTATION,
  FREED_ANNOTATION,
  FREED_FROM_COPY,
  HELD,
  HELD_LABEL,
  HELD_SINCE_ANNOTATION,
  KEY_PREFIX,
  LET_GO_ANNOTATION,
  NODE_ANNOTATION,
  NODE_LABEL,
  OPT_IN_LABEL,
  OPTED_IN,
  OPTED_IN_LATE,
  OPTED_OUT,
  PHASE,
  PHASE_LABEL,
  PLACEHOLDER_LABEL,
  QUEUE_BROUGHT_ANNOTATION,
  ROOT_ANNOTATION,
  WITHIN_ANNOTATION,
} from "../keys";
import {
  hasEnded,
  hasStarted,
  isChild,
  isHeldByUs,
  isManagedElsewhere,
  isPending,
  type PipelineRun,
  type TaskRun,
} from "../tekton/objects";
import { gateLabelOf } from "../placement/gate-labels";
import { BUILT_IN_CHOICES, CHOICE_NAMES, choiceProblems, type Choices } from "../choices/choices";

/** Labels and annotations that only this operator may write. */
const OWN_LABELS = [HELD_LABEL, PLACEHOLDER_LABEL, PHASE_LABEL, NODE_LABEL] as const;
const OWN_ANNOTATIONS = [
  ATTEMPTS_ANNOTATION,
  NODE_ANNOTATION,
  ROOT_ANNOTATION,
  WITHIN_ANNOTATION,
  HELD_SINCE_ANNOTATION,
  LET_GO_ANNOTATION,
  QUEUE_BROUGHT_ANNOTATION,
] as const;

/** The changes to make to a run. Nothing else of it is touched. */
export interface RunChanges {
  /** Set `spec.status: PipelineRunPending`. */
  hold: boolean;
  labels: Record<string, string>;
  annotations: Record<string, string>;
  removedLabels: string[];
  removedAnnotations: string[];
}

const NO_GATES = "";

const NO_CHANGES: RunChanges = {
  hold: false,
  labels: {},
  annotations: {},
  removedLabels: [],
  removedAnnotations: [],
};

const optInOf = (run: PipelineRun): string | undefined => run.metadata?.labels?.[OPT_IN_LABEL];

/** Whether it takes the namespace's label to tell if the run is opted in. */
export function dependsOnNamespace(run: PipelineRun): boolean {
  const own = optInOf(run);
  return own !== OPTED_IN && own !== OPTED_OUT && !isChild(run);
}

export function isNamespaceOptedIn(labels: Record<string, string> | undefined): boolean {
  return labels?.[OPT_IN_LABEL] === OPTED_IN;
}

/** Whether the run itself says so; at admission a namespace's opt-in is written on the run. */
export function isOptedIn(run: PipelineRun): boolean {
  return optInOf(run) === OPTED_IN;
}

/** The settings' choices that the run leaves open, where they are not what the operator takes anyway. */
function defaultsToWrite(run: PipelineRun, defaults: Choices): Record<string, string> {
  const given = run.metadata?.annotations ?? {};
  return Object.fromEntries(
    CHOICE_NAMES.filter(name => given[KEY_PREFIX + name] === undefined)
      .filter(name => defaults[name] !== BUILT_IN_CHOICES[name])
      .map(name => [KEY_PREFIX + name, defaults[name]]),
  );
}

const keysIn = (keys: readonly string[], map: Record<string, string> | undefined) =>
  keys.filter(key => map?.[key] !== undefined);

/**
 * A new run. What of ours it brings along (a copied manifest) is removed; if it is opted in, nobody
 * else holds it and it is Tekton's to run, it is held.
 *
 * A child of another run is left as it is: it inherits the placeholder of its root.
 *
 * @param gates the setting of labels by which other gates hold runs, see placement/gate-labels.ts
 */
export function admitCreation(
  run: PipelineRun,
  namespaceOptedIn: boolean,
  defaults: Choices,
  gates = NO_GATES,
): RunChanges {
  if (isChild(run)) return NO_CHANGES;
  const cleaned: RunChanges = {
    ...NO_CHANGES,
    removedLabels: keysIn(OWN_LABELS, run.metadata?.labels),
    removedAnnotations: keysIn(OWN_ANNOTATIONS, run.metadata?.annotations),
  };
  const optedIn = isOptedIn(run) || (dependsOnNamespace(run) && namespaceOptedIn);
  if (!optedIn || isManagedElsewhere(run)) return cleaned;
  const chosen: RunChanges = {
    ...cleaned,
    labels: { [OPT_IN_LABEL]: OPTED_IN },
    annotations: defaultsToWrite(run, defaults),
  };
  // A label that comes after this can only be a webhook's that comes after this one.
  if (gateLabelOf(run, gates) !== undefined) {
    chosen.annotations[QUEUE_BROUGHT_ANNOTATION] = "true";
    chosen.removedAnnotations = chosen.removedAnnotations.filter(key => key !== QUEUE_BROUGHT_ANNOTATION);
  }
  // A run that arrives with a status is somebody else's to start: another gate's, or a person's. Unless
  // it is our own hold: admission may see a run twice, and a held run may be exported and made again.
  return (run.spec?.status ?? "") === "" || isHeldByUs(run) ? withHold(chosen) : chosen;
}

function withHold(changes: RunChanges): RunChanges {
  return {
    ...changes,
    hold: true,
    labels: { ...changes.labels, [HELD_LABEL]: HELD, [PHASE_LABEL]: PHASE.held },
    removedLabels: changes.removedLabels.filter(label => label !== HELD_LABEL && label !== PHASE_LABEL),
  };
}

const markedLate: RunChanges = { ...NO_CHANGES, labels: { [HELD_LABEL]: OPTED_IN_LATE } };

/**
 * A run that is opted in and was never held: somebody has put the opt-in there, or Tekton, which copies a Pipeline's
 * labels when it first looks at a run, or a webhook that came after ours when it was created. Marked, so that the
 * controller tells people. The last is seen when Tekton first writes to the run.
 */
function isOptedInLate(after: PipelineRun): boolean {
  return (
    isOptedIn(after) &&
    !hasEnded(after) &&
    !isPending(after) &&
    after.metadata?.labels?.[HELD_LABEL] === undefined &&
    !isChild(after) &&
    !isManagedElsewhere(after)
  );
}

/**
 * A TaskRun that carries a placeholder's label and is of no run, a copied one: its pod would wait for a placeholder
 * that is not there, or join a run that is not its own. It loses what of ours it has, and is marked.
 */
export function admitTaskRun({ metadata }: TaskRun): RunChanges {
  if (isChild({ metadata }) || metadata?.labels?.[PLACEHOLDER_LABEL] === undefined) return NO_CHANGES;
  return {
    ...NO_CHANGES,
    removedLabels: keysIn(OWN_LABELS, metadata.labels),
    removedAnnotations: keysIn(OWN_ANNOTATIONS, metadata.annotations),
    annotations: { [FREED_ANNOTATION]: FREED_FROM_COPY },
  };
}

/**
 * A run whose Pending is being lifted by somebody else before it has a placeholder: the hold is taken
 * over, so that gates can follow one another in any order.
 *
 * Not when we lift it ourselves: then the same change brings the placeholder's label, or says that the run goes
 * without one.
 *
 * @param now when the clock of its placement-timeout begins, unless the hold was ours before
 */
export function admitUpdate(
  before: PipelineRun,
  after: PipelineRun,
  now: Date,
  gates = NO_GATES,
): RunChanges {
  const lifted = isPending(before) && (after.spec?.status ?? "") === "";
  const placed = after.metadata?.labels?.[PLACEHOLDER_LABEL] !== undefined;
  const goesWithout = after.metadata?.annotations?.[LET_GO_ANNOTATION] !== undefined;
  const takeOver =
    lifted &&
    !placed &&
    !goesWithout &&
    isOptedIn(after) &&
    !hasStarted(after) &&
    after.metadata?.deletionTimestamp === undefined &&
    !isChild(after) &&
    !isManagedElsewhere(after);
  if (!takeOver) return isOptedInLate(after) ? markedLate : NO_CHANGES;
  // The hold was ours alone, or somebody lifts it for the second time: the clock goes on.
  const isOurs =
    gateLabelOf(before, gates) === undefined || before.metadata?.annotations?.[HELD_SINCE_ANNOTATION];
  if (isHeldByUs(before) && isOurs) return withHold(NO_CHANGES);
  return withHold({ ...NO_CHANGES, annotations: { [HELD_SINCE_ANNOTATION]: now.toISOString() } });
}

/**
 * Why a new run is refused, one sentence for each wrong annotation; empty when it is not. A child is
 * never refused: its annotations are its parent's, which were looked at already.
 */
export function refusals(run: PipelineRun): string[] {
  return isChild(run) ? [] : choiceProblems(run.metadata?.annotations ?? {}, OWN_ANNOTATIONS);
}
