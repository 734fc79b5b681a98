/**
 * One step in the life of a PipelineRun: from what is observed to what is to be made, patched and written.
 * Pure; the order of its parts is that of Tekton's reconciler.
 */
import { isDone } from "../conditions";
import { specStatus } from "../keys";
import type { PipelineRun } from "../types";
import { cancelChildren } from "./cancel";
import { reason, type Verdict } from "./condition";
import { ended, failed, marked, type Observed, type Outcome } from "./outcome";
import { problem } from "./problems";
import { progressed } from "./progress";
import { resolvedSpec } from "./resolve";
import { begun, withPipeline } from "./start";

function cancelled(run: PipelineRun, now: number): Outcome {
  const { patches, stuck } = cancelChildren(run.status?.childReferences ?? [], "cancelled");
  const name = `PipelineRun "${run.metadata.name}" was cancelled`;
  const outcome: Verdict =
    stuck.length === 0
      ? { status: "False", reason: reason.cancelled, message: name }
      : {
          status: "Unknown",
          reason: reason.couldntCancel,
          message: `${name} but had errors: ${stuck.join("; ")}`,
        };
  return { ...ended(marked(run, outcome, now)), cancel: patches, retry: stuck[0] };
}

/** What has to happen to the run now. */
export function reconcilePipelineRun(observed: Observed): Outcome {
  const { pipeline, missing, now } = observed;
  if (isDone(observed.run)) return ended(observed.run);
  const run = begun(observed.run, now);
  if (run.spec.status === specStatus.cancelled) return cancelled(run, now);
  if (run.spec.status === specStatus.pending) {
    const message = `PipelineRun "${run.metadata.name}" is pending`;
    return ended(marked(run, { status: "Unknown", reason: reason.pending, message }, now));
  }
  if (!pipeline) {
    const message = `Error retrieving pipeline for pipelinerun ${run.metadata.namespace}/${run.metadata.name}: pipeline "${run.spec.pipelineRef?.name}" not found`;
    return failed(run, { reason: "CouldntGetPipeline", message }, now);
  }
  const known = withPipeline(run, pipeline);
  const spec = known.status!.pipelineSpec!;
  const wrong = known.status!.childReferences ? undefined : problem(known, spec, missing);
  if (wrong) return failed(known, wrong, now);
  return progressed(observed, {
    ...known,
    status: {
      ...known.status,
      pipelineSpec: resolvedSpec(known, spec, pipeline.name ?? known.metadata.name),
    },
  });
}
