/**
 * One step in the life of a PipelineRun: from what is observed to what is to be made, patched and written.
 * Pure; the order of its parts is that of Tekton's reconciler.
 */
import { conditionOf, isDone, succeeded } from "../conditions";
import { timestamp } from "../duration";
import { label, specStatus, v1, v1beta1 } from "../keys";
import { isOwnedBy, pipelineLabel, withDefinition } from "../metadata";
import { childNames, restrictLength } from "../names";
import type {
  ChildKind,
  ChildReference,
  Labels,
  Meta,
  PipelineRun,
  PipelineSpec,
  PipelineTask,
  Run,
  Wanted,
} from "../types";
import { cancelChildren, type CancelPatch } from "./cancel";
import { childCount, childKind, wantedChildren } from "./children";
import { reason, verdict, type Verdict } from "./condition";
import { problem, type Problem } from "./problems";
import { applyTaskStatuses, resolvedSpec } from "./resolve";
import { PipelineState, taskIsRunning, type TaskState } from "./state";
import { timedOut, untilNextLimit } from "./timeouts";
import { claims } from "./workspaces";

export interface Observed {
  run: PipelineRun;
  /** The pipeline as it was looked up or embedded; undefined when the one referred to does not exist. */
  pipeline: { name?: string; labels?: Labels; annotations?: Labels; spec: PipelineSpec } | undefined;
  /** Tasks and Pipelines that pipeline tasks refer to and that do not exist. */
  missing: { kind: "Task" | "Pipeline"; name: string }[];
  child: (kind: ChildKind, name: string) => Run | undefined;
  /** Milliseconds since the epoch. */
  now: number;
}

export interface Outcome {
  /** The run with its labels, annotations and status as they are to be. */
  run: PipelineRun;
  claims: Wanted[];
  cancel: CancelPatch[];
  create: Wanted[];
  requeueAfterMilliseconds?: number | undefined;
  /** Why this has to be tried again, with back-off. */
  retry?: string | undefined;
}

const ended = (run: PipelineRun): Outcome => ({ run, claims: [], cancel: [], create: [] });

/** The run with the condition, and with a completion time when that ends it. */
function marked(run: PipelineRun, { status, reason: why, message }: Verdict, now: number): PipelineRun {
  const condition = succeeded(conditionOf(run), status, why, message, now);
  const completion = status === "Unknown" ? {} : { completionTime: timestamp(now) };
  return { ...run, status: { ...run.status, conditions: [condition], ...completion } };
}

const failed = (run: PipelineRun, { reason: why, message }: Problem, now: number): Outcome =>
  ended(marked(run, { status: "False", reason: why, message }, now));

/** The run with a start time, and with the label that names its pipeline. */
function begun(run: PipelineRun, now: number): PipelineRun {
  const created = run.metadata.creationTimestamp ?? timestamp(now);
  const start = timestamp(Math.max(now, Date.parse(created)));
  const isStarting = !run.status?.startTime && run.spec.status !== specStatus.pending;
  const labels = { [label.pipeline]: pipelineLabel(run, restrictLength), ...run.metadata.labels };
  const status = isStarting ? { ...run.status, startTime: start } : run.status;
  return { ...run, metadata: { ...run.metadata, labels }, ...(status ? { status } : {}) };
}

function withPipeline(run: PipelineRun, pipeline: NonNullable<Observed["pipeline"]>): PipelineRun {
  if (run.status?.pipelineSpec) return run;
  const metadata: Meta = withDefinition(run.metadata, pipeline);
  const name: Labels = pipeline.name && !run.metadata.generateName ? { [label.pipeline]: pipeline.name } : {};
  return {
    ...run,
    metadata: { ...metadata, labels: { ...metadata.labels, ...name } },
    status: { ...run.status, pipelineSpec: pipeline.spec },
  };
}

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

function taskState(observed: Observed, run: PipelineRun, task: PipelineTask, isFinal: boolean): TaskState {
  const kind = childKind(task);
  const known = (run.status?.childReferences ?? []).filter(
    ref => ref.kind === kind && ref.pipelineTaskName === task.name,
  );
  const wanted = childNames(run.metadata.name, task.name, childCount(task));
  const names = known.length === wanted.length ? known.map(ref => ref.name) : wanted;
  const children = names
    .flatMap(name => observed.child(kind, name) ?? [])
    .filter(child => isOwnedBy(child, run));
  return { task, isFinal, kind, names, children };
}

const referencesTo = (tasks: TaskState[], existing: (state: TaskState) => string[]): ChildReference[] =>
  tasks.flatMap(state =>
    existing(state).map(name => ({
      apiVersion: state.kind === "CustomRun" ? v1beta1 : v1,
      kind: state.kind,
      name,
      pipelineTaskName: state.task.name,
      ...(state.task.when ? { whenExpressions: state.task.when } : {}),
    })),
  );

const childNamesOf = (state: TaskState): string[] => state.children.map(child => child.metadata.name);

/** Children that have to be cancelled now, because the run is being cancelled gracefully or tasks ran too long. */
function toCancel(run: PipelineRun, state: PipelineState): ReturnType<typeof cancelChildren> {
  const running = (tasks: TaskState[]): ChildReference[] =>
    referencesTo(tasks.filter(taskIsRunning), childNamesOf);
  const dag = running(state.dagTasks);
  if (run.spec.status === specStatus.cancelledRunFinally && dag.length > 0)
    return cancelChildren(dag, "cancelled");
  if (!run.status?.finallyStartTime && state.timedOut.tasks) return cancelChildren(dag, "timedOut");
  if (run.status?.finallyStartTime && state.timedOut.finally)
    return cancelChildren(running(state.finalTasks), "timedOut");
  return { patches: [], stuck: [] };
}

/** The earliest of the run's start and its children's creation: Tekton moves the start back to it. */
function startTime(run: PipelineRun, state: PipelineState): string {
  const created = state.tasks.flatMap(task =>
    task.children.flatMap(child => child.metadata.creationTimestamp ?? []),
  );
  return [run.status!.startTime!, ...created.map(time => timestamp(Date.parse(time)))].sort()[0]!;
}

function progressed(observed: Observed, started: PipelineRun): Outcome {
  const { now } = observed;
  const spec = started.status!.pipelineSpec!;
  const tasks = [
    ...(spec.tasks ?? []).map(task => taskState(observed, started, task, false)),
    ...(spec.finally ?? []).map(task => taskState(observed, started, task, true)),
  ];
  const overdue = timedOut(started, now);
  const beforeFinally = new PipelineState(tasks, started.spec.status, overdue);
  const resolved = tasks.map(task => applyTaskStatuses(task, beforeFinally));
  const state = new PipelineState(resolved, started.spec.status, overdue);
  const { patches, stuck } = toCancel(started, state);
  const next = state.next();
  const beginsFinally = !started.status!.finallyStartTime && next.some(item => item.isFinal);
  const run: PipelineRun = beginsFinally
    ? { ...started, status: { ...started.status, finallyStartTime: timestamp(now) } }
    : started;
  const create = next.flatMap(item => wantedChildren(run, item));
  const isBeforeFirst = tasks.every(task => task.children.length === 0);
  const references = referencesTo(resolved, item => (next.includes(item) ? item.names : childNamesOf(item)));
  const late = state.timedOut.pipeline
    ? cancelChildren(run.status!.childReferences ?? [], "timedOut")
    : undefined;
  const problems = [...stuck, ...(late?.stuck ?? [])];
  const skippedTasks = resolved.flatMap(item => {
    const why = state.skipped(item);
    return why === undefined
      ? []
      : [
          {
            name: item.task.name,
            reason: why,
            ...(item.task.when ? { whenExpressions: item.task.when } : {}),
          },
        ];
  });
  const verdictNow: Verdict =
    problems.length > 0
      ? {
          status: "Unknown",
          reason: late ? reason.couldntTimeOut : reason.couldntCancel,
          message: problems.join("; "),
        }
      : verdict(state, run.metadata.name, run.spec.timeouts?.pipeline ?? "1h0m0s");
  const status = {
    ...run.status,
    startTime: startTime(run, state),
    childReferences: references,
    ...(skippedTasks.length > 0 ? { skippedTasks } : {}),
  };
  return {
    run: marked({ ...run, status }, verdictNow, now),
    claims: isBeforeFirst ? claims(run.spec.workspaces, run) : [],
    cancel: [...patches, ...(late?.patches ?? [])],
    create,
    requeueAfterMilliseconds: untilNextLimit(run, now),
    retry: problems[0],
  };
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
