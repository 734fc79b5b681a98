/** Builders of changes for the tests of invariants. */
import type { V1Node, V1Pod, V1StatefulSet } from "@kubernetes/client-node";
import { placeholderName } from "../capabilities/placement/names";
import { HELD_LABEL, OPT_IN_LABEL, PENDING, PLACEHOLDER_LABEL } from "../capabilities/keys";
import type { PipelineRun } from "../capabilities/tekton/objects";
import type { Write } from "../testbed/audit";
import type { Invariant, Violation } from "./invariant";
import { World, type Kind, type Kinds } from "./world";

export const NAMESPACE = "ci";
const PREFIX = "pod-affinity.tekton.dev/";

/** A run that is held. */
export function heldRun(name: string, choices: Record<string, string> = {}, uid = name): PipelineRun {
  const annotations = Object.fromEntries(
    Object.entries(choices).map(([key, value]) => [PREFIX + key, value]),
  );
  return {
    metadata: {
      ...{ namespace: NAMESPACE, name, uid, annotations },
      labels: { [OPT_IN_LABEL]: "true", [HELD_LABEL]: "true" },
    },
    spec: { status: PENDING },
  };
}

/** As the operator lets it go. */
export function letGo(run: PipelineRun): PipelineRun {
  const labels = { ...run.metadata!.labels, [PLACEHOLDER_LABEL]: placeholderName(run.metadata!.name!) };
  return { ...run, metadata: { ...run.metadata, labels }, spec: {} };
}

export const ended = (run: PipelineRun): PipelineRun => ({
  ...run,
  status: { conditions: [{ type: "Succeeded", status: "True" }] },
});

const PLACEHOLDER_LABELS = {
  "app.kubernetes.io/name": "pipelinerun-pod-affinity",
  "app.kubernetes.io/component": "placeholder",
};

export function placeholderOf(run: PipelineRun): V1StatefulSet {
  const { namespace, name, uid } = run.metadata!;
  const owner = {
    apiVersion: "tekton.dev/v1",
    kind: "PipelineRun",
    name: name!,
    uid: uid!,
    controller: true,
  };
  const labels = { ...PLACEHOLDER_LABELS };
  return {
    metadata: {
      namespace,
      name: placeholderName(name!),
      uid: `${uid}-set`,
      labels,
      ownerReferences: [owner],
    },
  };
}

export function placeholderPodOf(run: PipelineRun, nodeName?: string, uid?: string): V1Pod {
  const { metadata } = placeholderOf(run);
  const owner = {
    apiVersion: "apps/v1",
    kind: "StatefulSet",
    name: metadata!.name!,
    uid: metadata!.uid!,
    controller: true,
  };
  const labels = { ...PLACEHOLDER_LABELS, [PLACEHOLDER_LABEL]: metadata!.name! };
  return {
    metadata: {
      ...{ namespace: NAMESPACE, name: `${metadata!.name}-0`, uid: uid ?? `${metadata!.uid}-0` },
      ...{ labels, ownerReferences: [owner] },
    },
    spec: { containers: [], ...(nodeName !== undefined && { nodeName }) },
  };
}

export const podOf = (run: PipelineRun, task: string, nodeName?: string, phase = "Running"): V1Pod => ({
  metadata: {
    ...{ namespace: NAMESPACE, name: `${run.metadata!.name}-${task}`, uid: `${run.metadata!.uid}-${task}` },
    labels: {
      "tekton.dev/pipelineRunUID": run.metadata!.uid!,
      [PLACEHOLDER_LABEL]: placeholderName(run.metadata!.name!),
    },
  },
  spec: { containers: [], ...(nodeName !== undefined && { nodeName }) },
  status: { phase },
});

export const node = (name: string, zone = "a"): V1Node => ({
  metadata: {
    ...{ name, uid: name },
    labels: { "kubernetes.io/hostname": name, "topology.kubernetes.io/zone": zone },
  },
});

/** A write of the operator's that went through. */
export const written = (verb: string, resource: string, changes: Partial<Write> = {}): Write => ({
  ...{ account: "controller", verb, resource, namespace: NAMESPACE, name: "it" },
  ...{ code: 200, message: "", request: undefined, at: 0 },
  ...changes,
});

/** Feeds an invariant with changes, one after another. */
export class Script {
  readonly world = new World();
  readonly violations: Violation[] = [];
  #revision = 0;

  constructor(private readonly invariant: Invariant) {
    for (const [name, zone] of [
      ["one", "a"],
      ["two", "a"],
      ["three", "b"],
    ] as const) {
      this.see("node", node(name, zone));
    }
  }

  /** @param by the operator's write, when it was that */
  see<K extends Kind>(kind: K, object: Kinds[K], by?: Write, at = 0): this {
    return this.#take(kind, "MODIFIED", object, by, at);
  }

  gone<K extends Kind>(kind: K, object: Kinds[K], by?: Write, at = 0): this {
    return this.#take(kind, "DELETED", object, by, at);
  }

  #take<K extends Kind>(
    kind: K,
    type: "MODIFIED" | "DELETED",
    object: Kinds[K],
    by: Write | undefined,
    at: number,
  ): this {
    const seen = this.world.take(kind, { type, at, revision: ++this.#revision, object }, by);
    this.violations.push(...this.invariant.see(seen, this.world));
    return this;
  }

  wrote(write: Write): this {
    this.violations.push(...(this.invariant.wrote?.(write, this.world) ?? []));
    return this;
  }

  phase(isCalm: boolean, at: number): this {
    this.invariant.phase?.(isCalm, at);
    return this;
  }

  tick(now: number): this {
    this.violations.push(...(this.invariant.tick?.(now, this.world) ?? []));
    return this;
  }

  /** What was found, and how often it could have been. */
  get result(): { violations: number; exercised: number } {
    return { violations: this.violations.length, exercised: this.invariant.exercised() };
  }
}
