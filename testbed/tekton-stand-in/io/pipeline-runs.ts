/** Carrying out what is decided for a PipelineRun. */
import { conditionOf, isDone, succeeded } from "../conditions";
import { timestamp } from "../duration";
import { specStatus } from "../keys";
import { childKind } from "../pipeline/children";
import type { Observed, Outcome } from "../pipeline/outcome";
import { reconcilePipelineRun } from "../pipeline/run";
import type { Labels, PipelineRun, PipelineSpec, PipelineTask, Wanted } from "../types";
import { refusalOf, type Api } from "./api";
import { whereabouts } from "../resolvers";
import { isOurs, type Stores } from "./stores";
import type { Again } from "./work-queue";
import { writeBack } from "./write-back";

type Pipeline = { metadata: { name: string; labels?: Labels; annotations?: Labels }; spec: PipelineSpec };

async function pipelineOf(api: Api, run: PipelineRun): Promise<Observed["pipeline"]> {
  const { pipelineRef, pipelineSpec } = run.spec;
  const name = pipelineRef?.name;
  if (run.status?.pipelineSpec) return { spec: run.status.pipelineSpec, ...(name ? { name } : {}) };
  const where = pipelineRef && whereabouts(pipelineRef, run.metadata.namespace);
  // A resolver that is not known is refused later, in words; it needs no pipeline for that.
  if (pipelineSpec || where === undefined) return { spec: pipelineSpec ?? {} };
  const found = await api.get<Pipeline>("Pipeline", where.namespace, where.name);
  return found && { ...found.metadata, spec: found.spec };
}

/** Tasks and Pipelines that the pipeline's tasks refer to and that do not exist. */
async function missingIn(api: Api, namespace: string, spec: PipelineSpec): Promise<Observed["missing"]> {
  const wanted = new Map<string, Observed["missing"][number]>();
  const note = (kind: "Task" | "Pipeline", name: string): unknown =>
    wanted.set(`${kind}/${name}`, { kind, name });
  const tasks: PipelineTask[] = [...(spec.tasks ?? []), ...(spec.finally ?? [])];
  for (const task of tasks) {
    if (task.pipelineRef?.name) note("Pipeline", task.pipelineRef.name);
    if (task.taskRef?.name && childKind(task) === "TaskRun") note("Task", task.taskRef.name);
  }
  const checked = await Promise.all(
    [...wanted.values()].map(async item => ((await api.get(item.kind, namespace, item.name)) ? [] : [item])),
  );
  return checked.flat();
}

/** The run that ended because one of its children is refused for good. */
function creationFailed(run: PipelineRun, message: string, now: number): PipelineRun {
  const conditions = [succeeded(conditionOf(run), "False", "CreateRunFailed", message, now)];
  return { ...run, status: { ...run.status, conditions, completionTime: timestamp(now) } };
}

export class PipelineRunController {
  constructor(
    private readonly api: Api,
    private readonly stores: Stores,
  ) {}

  /**
   * @param key namespace/name
   * @param again has the key worked on once more, after that many milliseconds
   */
  async reconcile(key: string, again: Again): Promise<void> {
    const seen = this.stores.pipelineRuns.get(key);
    if (!seen || !isOurs(seen) || isDone(seen) || seen.metadata.deletionTimestamp) return;
    const before = structuredClone(seen);
    const { namespace } = before.metadata;
    const isHeld = before.spec.status === specStatus.pending || before.spec.status === specStatus.cancelled;
    const pipeline = isHeld ? { spec: {} } : await pipelineOf(this.api, before);
    const isFirst = !isHeld && pipeline !== undefined && !before.status?.childReferences;
    const outcome = reconcilePipelineRun({
      run: before,
      pipeline,
      missing: isFirst ? await missingIn(this.api, namespace, pipeline.spec) : [],
      child: (kind, name) => this.stores.of(kind).get(`${namespace}/${name}`),
      now: Date.now(),
    });
    const run = (await this.#carryOut(outcome)) ?? outcome.run;
    await writeBack(this.api, this.stores.of("PipelineRun"), before, run);
    if (outcome.requeueAfterMilliseconds !== undefined) again(outcome.requeueAfterMilliseconds + 1);
    if (outcome.retry) throw new Error(outcome.retry);
  }

  /** @returns the run when it ended because a child was refused for good */
  async #carryOut({ run, claims, cancel, create }: Outcome): Promise<PipelineRun | undefined> {
    const { namespace } = run.metadata;
    for (const claim of claims) await this.api.createClaim(claim);
    for (const { kind, name, operations } of cancel) {
      const patched = await this.#cancel(kind, namespace, name, operations);
      if (patched) this.stores.of(kind).put(patched);
    }
    for (const wanted of create) {
      const refusal = await this.#create(wanted);
      if (refusal) return creationFailed(run, refusal, Date.now());
    }
    return undefined;
  }

  /** A child that has ended in the meantime refuses the change of its spec, which is as good. */
  async #cancel(...[kind, namespace, name, operations]: Parameters<Api["patch"]>): ReturnType<Api["patch"]> {
    try {
      return await this.api.patch(kind, namespace, name, operations);
    } catch (error) {
      if (refusalOf(error)?.message.includes("no updates are allowed")) return undefined;
      throw error;
    }
  }

  /** @returns why the object is refused for good */
  async #create(wanted: Wanted): Promise<string | undefined> {
    try {
      const made = await this.api.createRun(wanted);
      this.stores.of(made.kind as "TaskRun").put(made);
      return undefined;
    } catch (error) {
      const refusal = refusalOf(error);
      if (refusal?.code === 422 || refusal?.code === 400) return refusal.message;
      throw error;
    }
  }
}
