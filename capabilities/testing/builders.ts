/** Builders of the objects that decisions are about, for tests. */
import type { V1Pod, V1StatefulSet } from "@kubernetes/client-node";
import { parseSettings } from "../config";
import { placeholderName } from "../decide/names";
import type { Observed } from "../decide/observed";
import { placeholderFor } from "../decide/placeholder";
import { unitePodTemplates } from "../decide/pod-templates";
import { HELD_LABEL, OPT_IN_LABEL, PENDING, PLACEHOLDER_LABEL, TEKTON_PIPELINE_RUN_LABEL } from "../keys";
import type { PipelineRun } from "../tekton";

export const SETTINGS = parseSettings({});
export const RUN_UID = "uid-of-run";
export const STATEFUL_SET_UID = "uid-of-stateful-set";

export class RunBuilder {
  readonly run: PipelineRun = {
    apiVersion: "tekton.dev/v1",
    kind: "PipelineRun",
    metadata: { name: "build", namespace: "ci", uid: RUN_UID, labels: {}, annotations: {} },
    spec: {},
  };

  label(key: string, value: string | undefined): this {
    if (value !== undefined) this.run.metadata!.labels![key] = value;
    return this;
  }
  annotation(key: string, value: string): this {
    this.run.metadata!.annotations![key] = value;
    return this;
  }
  optedIn(value: string | undefined = "true"): this {
    return this.label(OPT_IN_LABEL, value);
  }
  status(status: string): this {
    this.run.spec!.status = status;
    return this;
  }
  pending(): this {
    return this.status(PENDING);
  }
  held(): this {
    return this.optedIn().pending().label(HELD_LABEL, "true");
  }
  placed(): this {
    return this.optedIn().label(HELD_LABEL, "true").label(PLACEHOLDER_LABEL, placeholderName("build"));
  }
  managedBy(manager: string): this {
    this.run.spec!.managedBy = manager;
    return this;
  }
  child(): this {
    const owner = { apiVersion: "tekton.dev/v1", kind: "PipelineRun", name: "parent", uid: "p" };
    this.run.metadata!.ownerReferences = [{ ...owner, controller: true }];
    return this;
  }
  started(): this {
    this.run.status = { ...this.run.status, startTime: "2026-01-01T00:00:00Z" };
    return this;
  }
  ended(status: "True" | "False" = "True"): this {
    this.run.status = { conditions: [{ type: "Succeeded", status }] };
    return this;
  }
  deleting(): this {
    this.run.metadata!.deletionTimestamp = new Date(0);
    return this;
  }
  spec(spec: PipelineRun["spec"]): this {
    this.run.spec = { ...this.run.spec, ...spec };
    return this;
  }
}

export const aRun = () => new RunBuilder();

/** The placeholder that the operator makes for the run, as the API server has stored it. */
export function placeholderOf(run: PipelineRun): V1StatefulSet {
  const { template } = unitePodTemplates(run.spec, () => 0);
  const made = placeholderFor(run, template, SETTINGS);
  return { ...made, metadata: { ...made.metadata, uid: STATEFUL_SET_UID, resourceVersion: "1" } };
}

export function placeholderPodOf(run: PipelineRun, nodeName?: string): V1Pod {
  const { metadata, spec } = placeholderOf(run).spec!.template;
  const owner = { apiVersion: "apps/v1", kind: "StatefulSet", name: "s", uid: STATEFUL_SET_UID };
  return {
    metadata: { ...metadata, name: `${placeholderName(run.metadata!.name!)}-0`, ownerReferences: [owner] },
    spec: { ...spec!, ...(nodeName !== undefined && { nodeName }) },
    status: { phase: nodeName === undefined ? "Pending" : "Running" },
  };
}

export function runPod(phase: string, labels: Record<string, string> = {}): V1Pod {
  return {
    metadata: {
      name: "build-task-pod",
      labels: {
        [TEKTON_PIPELINE_RUN_LABEL]: "build",
        [PLACEHOLDER_LABEL]: placeholderName("build"),
        ...labels,
      },
    },
    spec: { containers: [] },
    status: { phase },
  };
}

/** All that there is about a run; by default it stands alone, and Tekton's assistant is off. */
export function observed(run: PipelineRun | undefined, more: Partial<Observed> = {}): Observed {
  return { run, statefulSet: undefined, pods: [], coschedule: "disabled", ...more };
}

/** A run whose placeholder is there, and bound to `node` when one is named. */
export function withPlaceholder(run: PipelineRun, node?: string, pods: V1Pod[] = []): Observed {
  return observed(run, { statefulSet: placeholderOf(run), pods: [placeholderPodOf(run, node), ...pods] });
}
