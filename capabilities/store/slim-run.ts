/**
 * What decisions need of a run and of its TaskRuns, and nothing else of them: the shape is the object's own with most fields
 * left out.
 */
import type { V1ObjectMeta } from "@kubernetes/client-node";
import { AUTO_CLEANUP_ANNOTATION, KEY_PREFIX, PHASE, PHASE_LABEL, PLACEHOLDER_LABEL } from "../keys";
import {
  EXCEEDED_QUOTA,
  isChild,
  isHeldByUs,
  usesClaims,
  type PipelineRun,
  type TaskRun,
} from "../tekton/objects";
import {
  isOurLabel,
  picked,
  slimMetadata,
  upTo,
  withoutUndefined,
  word,
  type Strings,
} from "./slim-metadata";

/** Most characters of a run's spec, as JSON, that are kept while it is held; of a longer one nothing is. */
export const MOST_SPEC_CHARACTERS = 32 * 1024;
/** Of a run's annotations of ours; of a longer one nothing is kept, and the run is read where a placeholder is made of it. */
const MOST_ANNOTATION_CHARACTERS = 2048;
/** More than there are; admission refuses others. */
const MOST_ANNOTATIONS = 32;
/** Of the labels of a held run that is too long to be kept whole. */
const MOST_LABEL_CHARACTERS = 8 * 1024;
/** Of names of skipped tasks. What was skipped beyond counts as still to come: its room is kept to the run's end. */
const MOST_SKIPPED_CHARACTERS = 64 * 1024;

const isRunAnnotation = (key: string): boolean =>
  key.startsWith(KEY_PREFIX) || key === AUTO_CLEANUP_ANNOTATION;

/** A run's choices, and what we have written on it. */
function runAnnotations(annotations: Strings): { kept: Strings; isAll: boolean } {
  const keys = Object.keys(annotations ?? {}).filter(isRunAnnotation);
  const short = keys.filter(key => annotations![key]!.length <= MOST_ANNOTATION_CHARACTERS);
  const few = new Set(short.slice(0, MOST_ANNOTATIONS));
  return { kept: picked(annotations, key => few.has(key)), isAll: few.size === keys.length };
}

function slimConditions<T extends { type: string; status: string; reason?: string }>(
  conditions: T[] | undefined,
): { type: string; status: string; reason?: string }[] | undefined {
  return (
    conditions
      ?.filter(({ type }) => type === "Succeeded")
      .slice(0, 1)
      // Under way, for whatever reason, unless it is one that is decided by: each would be news otherwise.
      .filter(({ status, reason }) => status !== "Unknown" || reason === EXCEEDED_QUOTA)
      .map(({ type, status, reason }) => withoutUndefined({ type, status, reason: word(reason)! }))
  );
}

/** Whether all of the run's spec is there, or only what is asked for at every look. */
export function hasWholeSpec(run: PipelineRun): boolean {
  return isHeldByUs(run) && !slimmed.has(run);
}
const slimmed = new WeakSet<PipelineRun>();

/** Written by kubectl: the whole manifest once more. */
const LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration";

/** All labels and annotations: what of them the placeholder has as well is for the settings to say. */
const othersOf = ({ metadata }: PipelineRun): Pick<V1ObjectMeta, "labels" | "annotations"> =>
  withoutUndefined({
    labels: metadata?.labels,
    annotations: picked(metadata?.annotations, key => key !== LAST_APPLIED),
  });

function shortened(labels: Strings): Strings {
  const own = picked(labels, isOurLabel);
  return { ...Object.fromEntries(upTo(MOST_LABEL_CHARACTERS, Object.entries(labels ?? {}))), ...own };
}

/** Of a run that is let go the phase is kept only where it is wrong: Tekton has set it back. */
const showsHeld = (run: PipelineRun): boolean =>
  run.metadata?.labels?.[PLACEHOLDER_LABEL] !== undefined &&
  run.metadata.labels[PHASE_LABEL] === PHASE.held &&
  !isChild(run);

export function slimRun(run: PipelineRun): PipelineRun {
  const { status, spec } = run;
  const slim: PipelineRun = { metadata: slimMetadata(run.metadata) };
  const { kept, isAll } = runAnnotations(run.metadata?.annotations);
  if (!isChild(run) && kept !== undefined) slim.metadata!.annotations = kept;
  const isHeld = isHeldByUs(run);
  if (!isHeld && showsHeld(run)) slim.metadata!.labels![PHASE_LABEL] = PHASE.held;
  const others = isHeld ? othersOf(run) : {};
  const isShort = JSON.stringify([spec, others]).length <= MOST_SPEC_CHARACTERS;
  const keep = isHeld && isAll && isShort;
  // By labels queues say that a run is theirs, however long the rest of it is.
  if (isHeld) slim.metadata!.labels = keep ? others.labels : shortened(others.labels);
  if (keep && others.annotations !== undefined) slim.metadata!.annotations = others.annotations;
  slim.spec = keep
    ? spec!
    : withoutUndefined({ status: word(spec?.status)!, managedBy: word(spec?.managedBy)! });
  if (!keep) {
    slimmed.add(slim);
    // One is enough to know that the run uses claims.
    if (usesClaims(run)) slim.spec!.workspaces = [{ name: "", volumeClaimTemplate: {} }];
  }
  if (status !== undefined) {
    const skipped = status.skippedTasks?.map(({ name }) => ({ name }));
    slim.status = withoutUndefined({
      conditions: slimConditions(status.conditions),
      startTime: status.startTime,
      // That it is there; with its whole spec it is what the run's demand is counted from, so not then.
      pipelineSpec: keep || status.pipelineSpec === undefined ? undefined : {},
      skippedTasks: skipped && upTo(MOST_SKIPPED_CHARACTERS, skipped),
    });
  }
  return slim;
}

export function slimTaskRun({ metadata, status }: TaskRun): TaskRun {
  return {
    metadata: slimMetadata(metadata),
    status: { conditions: slimConditions(status?.conditions) ?? [] },
  };
}
