/** The beginning of a PipelineRun: its start time, and what it takes over from its Pipeline. */
import { timestamp } from "../duration";
import { label, specStatus } from "../keys";
import { pipelineLabel, withDefinition } from "../metadata";
import { restrictLength } from "../names";
import type { Labels, PipelineRun } from "../types";
import type { Observed } from "./outcome";

/** The run with a start time, and with the label that names its pipeline. */
export function begun(run: PipelineRun, now: number): PipelineRun {
  const created = run.metadata.creationTimestamp ?? timestamp(now);
  const start = timestamp(Math.max(now, Date.parse(created)));
  const isStarting = !run.status?.startTime && run.spec.status !== specStatus.pending;
  const labels = { [label.pipeline]: pipelineLabel(run, restrictLength), ...run.metadata.labels };
  const status = isStarting ? { ...run.status, startTime: start } : run.status;
  return { ...run, metadata: { ...run.metadata, labels }, ...(status ? { status } : {}) };
}

/** The run with its pipeline's labels, annotations and spec; the spec is kept in the status from then on. */
export function withPipeline(run: PipelineRun, pipeline: NonNullable<Observed["pipeline"]>): PipelineRun {
  if (run.status?.pipelineSpec) return run;
  const metadata = withDefinition(run.metadata, pipeline);
  // An embedded pipeline is called as its run, and a run's label is its pipeline's, not its parent's.
  const isNamed = pipeline.name !== undefined || !run.metadata.generateName;
  const name: Labels = isNamed ? { [label.pipeline]: pipeline.name ?? run.metadata.name } : {};
  return {
    ...run,
    metadata: { ...metadata, labels: { ...metadata.labels, ...name } },
    status: { ...run.status, pipelineSpec: pipeline.spec },
  };
}
