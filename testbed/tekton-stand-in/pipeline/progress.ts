/** The PipelineRun that has begun: which of its tasks come next, which are cancelled, what its status is. */
import { timestamp } from "../duration";
import { specStatus, v1, v1beta1 } from "../keys";
import { isOwnedBy } from "../metadata";
import { childNames } from "../names";
import type { ChildReference, Json, PipelineRun, PipelineTask } from "../types";
import { cancelChildren } from "./cancel";
import { childCount, childKind, wantedChildren } from "./children";
import { reason, verdict, type Verdict } from "./condition";
import { marked, type Observed, type Outcome } from "./outcome";
import { applyTaskStatuses } from "./resolve";
import { PipelineState } from "./state";
import { taskIsRunning, type TaskState } from "./task-state";
import { timedOut, untilNextLimit } from "./timeouts";
import { claims } from "./workspaces";

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

function skippedTasks(state: PipelineState): Json[] {
  return state.tasks.flatMap(item => {
    const why = state.skipped(item);
    const { name, when } = item.task;
    return why === undefined ? [] : [{ name, reason: why, ...(when ? { whenExpressions: when } : {}) }];
  });
}

/** The run's tasks as they stand; final tasks know what became of the others. */
function stateOf(observed: Observed, run: PipelineRun): PipelineState {
  const spec = run.status!.pipelineSpec!;
  const tasks = [
    ...(spec.tasks ?? []).map(task => taskState(observed, run, task, false)),
    ...(spec.finally ?? []).map(task => taskState(observed, run, task, true)),
  ];
  const overdue = timedOut(run, observed.now);
  const beforeFinally = new PipelineState(tasks, run.spec.status, overdue);
  const resolved = tasks.map(task => applyTaskStatuses(task, beforeFinally));
  return new PipelineState(resolved, run.spec.status, overdue);
}

/** @param started the run with its start time and its resolved spec */
export function progressed(observed: Observed, started: PipelineRun): Outcome {
  const { now } = observed;
  const state = stateOf(observed, started);
  const next = state.next();
  const beginsFinally = !started.status!.finallyStartTime && next.some(item => item.isFinal);
  const run: PipelineRun = beginsFinally
    ? { ...started, status: { ...started.status, finallyStartTime: timestamp(now) } }
    : started;
  const cancel = toCancel(run, state);
  const late = cancelChildren(state.timedOut.pipeline ? (run.status!.childReferences ?? []) : [], "timedOut");
  const stuck = [...cancel.stuck, ...late.stuck];
  const outcome: Verdict =
    stuck.length > 0
      ? {
          status: "Unknown",
          reason: late.stuck.length > 0 ? reason.couldntTimeOut : reason.couldntCancel,
          message: stuck.join("; "),
        }
      : verdict(state, run.metadata.name, run.spec.timeouts?.pipeline ?? "1h0m0s");
  const skipped = skippedTasks(state);
  const status = {
    ...run.status,
    startTime: startTime(run, state),
    childReferences: referencesTo(state.tasks, item =>
      next.includes(item) ? item.names : childNamesOf(item),
    ),
    ...(skipped.length > 0 ? { skippedTasks: skipped } : {}),
  };
  const isBeforeFirst = state.tasks.every(task => task.children.length === 0);
  return {
    run: marked({ ...run, status }, outcome, now),
    claims: isBeforeFirst ? claims(run.spec.workspaces, run) : [],
    cancel: [...cancel.patches, ...late.patches],
    create: next.flatMap(item => wantedChildren(run, item)),
    requeueAfterMilliseconds: untilNextLimit(run, now),
    retry: stuck[0],
  };
}
