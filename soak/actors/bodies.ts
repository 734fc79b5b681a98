/** PipelineRuns and StatefulSets as the actors create them. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { KubernetesObject, V1StatefulSet } from "@kubernetes/client-node";
import { placeholderName } from "../../capabilities/placement/names";
import { OPT_IN_LABEL, PENDING } from "../../capabilities/keys";
import { parseObjects } from "../../testbed/manifests";
import { STRANGER_LABEL } from "../invariants/objects-of-others";
import { RECORDED, type PlannedRun } from "../plan/runs";

const INPUTS = join(__dirname, "..", "..", "testbed", "tekton-stand-in", "recordings");

export interface RunBody {
  apiVersion: string;
  kind: string;
  metadata: { name: string; labels: Record<string, string>; annotations: Record<string, string> };
  spec: { status?: string };
}

export class Recordings {
  private constructor(private readonly objects: ReadonlyMap<string, KubernetesObject[]>) {}

  static async read(): Promise<Recordings> {
    const read = async (name: string) =>
      [name, parseObjects(await readFile(join(INPUTS, `${name}.yaml`), "utf8"))] as const;
    return new Recordings(new Map(await Promise.all(RECORDED.map(read))));
  }

  /** What has to be in a namespace for the runs. */
  definitions(): KubernetesObject[] {
    return [...this.objects.values()].flat().filter(({ kind }) => kind !== "PipelineRun");
  }

  run(name: string): { apiVersion: string; spec: object } {
    const run = this.objects.get(name)?.find(({ kind }) => kind === "PipelineRun");
    if (run === undefined) throw new Error(`there is no PipelineRun in the recording ${name}`);
    return run as unknown as { apiVersion: string; spec: object };
  }
}

/** @param gated whether another gate holds it from the start */
export function runBody(planned: PlannedRun, recordings: Recordings, gated: boolean): RunBody {
  const { name, shape, optIn, annotations } = planned;
  const given = typeof shape === "string" ? recordings.run(shape) : undefined;
  const spec = given?.spec ?? (shape as { spec: object }).spec;
  return {
    apiVersion: given?.apiVersion ?? "tekton.dev/v1",
    kind: "PipelineRun",
    metadata: { name, annotations, labels: optIn === "none" ? {} : { [OPT_IN_LABEL]: optIn } },
    spec: { ...spec, ...(gated && { status: PENDING }) },
  };
}

/** In the way of a run's placeholder. It has no pods, and none of the operator's labels. */
export function strangerBody(name: string): V1StatefulSet {
  const labels = { [STRANGER_LABEL]: "true" };
  return {
    metadata: { name, labels },
    spec: {
      replicas: 0,
      serviceName: "stranger",
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { containers: [{ name: "c", image: "busybox" }] } },
    },
  };
}

export const strangerOf = (runName: string): V1StatefulSet => strangerBody(placeholderName(runName));
