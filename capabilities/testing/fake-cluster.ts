/**
 * A stand-in for the API server as the controller sees it, for tests: what is there, by kind and name, and what was
 * asked. It checks no guards; whatever is named in `fails` throws.
 */
import {
  ApiException,
  type V1LimitRange,
  type V1Pod,
  type V1ResourceQuota,
  type V1ResourceRequirements,
  type V1RuntimeClass,
  type V1StatefulSet,
} from "@kubernetes/client-node";
import type { Cluster, FreshRun } from "../kube/cluster";
import type { Reading } from "../kube/definitions";
import type { Resources } from "../demand/resources";
import type { Observed } from "../phases/observed";
import type { Warning } from "../tekton/warning";
import { firstPodOf } from "../placement/first-pod";
import type { TemplateChange } from "../placement/placeholder-template";
import { recordOf } from "../placement/record";
import type { PipelineRun } from "../tekton/objects";
import type { Reservation } from "../room/reservation";
import { ATTEMPTS_ANNOTATION, NODE_LABEL, PLACEHOLDER_LABEL, RESERVATION_ANNOTATION } from "../keys";
import { withRecord } from "./builders";
import { isChosen } from "./selectors";

export const answer = (code: number, message: string): ApiException<string> =>
  new ApiException(code, "", JSON.stringify({ message }), {});

type Names = Parameters<Cluster["eachName"]>[0];

export class FakeCluster {
  /** In the order in which they came. */
  readonly asked: string[] = [];
  readonly told: Warning[] = [];
  readonly fails = new Map<string, unknown>();
  /** What an admission policy makes of a StatefulSet that is written. */
  policy: (statefulSet: V1StatefulSet) => V1StatefulSet = statefulSet => statefulSet;
  /** What an admission policy makes of the requests of a pod that is resized. */
  resizePolicy: (requests: Record<string, string>) => Record<string, string> = requests => requests;
  /** Throws where a resize is refused. */
  resizeAdmission: (requests: Record<string, string>) => void = () => undefined;
  refusesPods: string | undefined;
  run: PipelineRun | undefined;
  statefulSet: V1StatefulSet | undefined;
  pods: V1Pod[] = [];
  children: PipelineRun[] = [];
  quotas: V1ResourceQuota[] = [];
  limitRanges: V1LimitRange[] = [];
  namespaceAnnotations: Record<string, string> = {};
  #version = 1000;

  /** As the controller takes it. */
  get cluster(): Cluster {
    return this as unknown as Cluster;
  }

  async #ask<T>(what: string, result: () => T): Promise<T> {
    this.asked.push(what);
    if (this.fails.has(what)) throw this.fails.get(what);
    return result();
  }

  #written<T extends PipelineRun | V1StatefulSet | V1Pod>(object: T): T {
    const metadata = { ...object.metadata, resourceVersion: String(++this.#version) };
    return { ...object, metadata };
  }

  readRun = () => this.#ask("readRun", () => this.run);
  readStatefulSet = () => this.#ask("readStatefulSet", () => this.statefulSet);
  activePods = () => this.#ask("activePods", () => ({ pods: this.pods, version: this.#version }));
  readAll = () =>
    this.#ask("readAll", (): FreshRun => {
      const versions = { podsVersion: this.#version, taskRunsVersion: this.#version };
      const { run, statefulSet, pods } = this;
      return {
        run,
        statefulSet,
        pods,
        taskRuns: [],
        customRuns: [],
        customRunsVersion: 0,
        children: [],
        childrenVersion: this.#version,
        ...versions,
      };
    });
  childRuns = () => this.#ask("childRuns", () => this.children);
  podRefusal = (_observed: Observed) => this.#ask("podRefusal", () => undefined);
  isQueued = () => this.#ask("isQueued", () => false);
  eachName = (kind: Names, { labelSelector }: { labelSelector: string }, see: (object: object) => void) =>
    this.#ask(`eachName ${kind}`, () => {
      const there = { statefulsets: [this.statefulSet], pipelineruns: [this.run], pods: this.pods };
      for (const object of there[kind]) {
        if (object !== undefined && isChosen(object, labelSelector)) see({ metadata: object.metadata });
      }
    });

  readonly surroundings = {
    nodes: () => this.#ask("nodes", () => []),
    priorities: () => this.#ask("priorities", () => new Map()),
    readNamespace: () =>
      this.#ask("readNamespace", () => ({ metadata: { annotations: this.namespaceAnnotations } })),
    ensurePriorityClass: () => Promise.resolve(),
    runtimeClasses: (): Promise<Map<string, V1RuntimeClass>> => this.#ask("runtimeClasses", () => new Map()),
    storageFor: () =>
      this.#ask("storageFor", () => ({ claims: new Map(), volumes: new Map(), classes: undefined })),
    demandSources: (_run: PipelineRun, { defaults, resolvedPipelines }: Reading) =>
      this.#ask("demandSources", () => ({
        definitions: {
          ...defaults,
          tasks: new Map(),
          pipelines: new Map(),
          limitRanges: this.limitRanges,
          resolvedPipelines,
        },
        bounds: { limitRanges: this.limitRanges, quotas: this.quotas },
      })),
    bounds: () => this.#ask("bounds", () => ({ limitRanges: this.limitRanges, quotas: this.quotas })),
  };

  readonly runs = {
    release: (run: PipelineRun, { placeholder }: { placeholder: string }) =>
      this.#ask("release", () => {
        const labels = { ...run.metadata!.labels, [PLACEHOLDER_LABEL]: placeholder };
        const { status: _pending, ...spec } = run.spec!;
        return (this.run = this.#written({ ...run, spec, metadata: { ...run.metadata, labels } }));
      }),
    letGo: (run: PipelineRun) => this.#ask("letGo", () => (this.run = this.#written({ ...run, spec: {} }))),
    cancel: (run: PipelineRun) =>
      this.#ask("cancel", () => (this.run = this.#written({ ...run, spec: { status: "Cancelled" } }))),
    noteAttempts: (run: PipelineRun, attempts: string) =>
      this.#ask("noteAttempts", () => {
        const annotations = { ...run.metadata!.annotations, [ATTEMPTS_ANNOTATION]: attempts };
        return (this.run = this.#written({ ...run, metadata: { ...run.metadata, annotations } }));
      }),
    warn: (_run: PipelineRun, warning: Warning) => this.#ask("warn", () => this.told.push(warning) > 0),
    repeat: (_run: PipelineRun, _warning: Warning, count = 2) => this.#ask("repeat", () => count),
    noteNode: (run: PipelineRun, node: string) =>
      this.#ask("noteNode", () => {
        const labels = { ...run.metadata!.labels, [NODE_LABEL]: node };
        return (this.run = this.#written({ ...run, metadata: { ...run.metadata, labels } }));
      }),
  };

  readonly placeholders = {
    create: (made: V1StatefulSet) =>
      this.#ask("create", () => (this.statefulSet = this.policy(this.#written(made)))),
    createPod: (made: V1StatefulSet) =>
      this.#ask("createPod", () => {
        if (this.refusesPods !== undefined) return { refusal: this.refusesPods };
        const pod = this.#written(firstPodOf(made));
        this.pods.push(pod);
        return { pod };
      }),
    changeTemplate: (seen: V1StatefulSet, { affinity, resources, record }: TemplateChange) =>
      this.#ask("changeTemplate", () => {
        const changed = structuredClone(withRecord(seen, { ...recordOf(seen), ...record }));
        const spec = changed.spec!.template.spec!;
        spec.affinity = affinity;
        spec.containers[0]!.resources = resources;
        return (this.statefulSet = this.policy(this.#written(changed)));
      }),
    reserve: (seen: V1StatefulSet, reservation: Reservation) =>
      this.#ask("reserve", () => {
        const changed = structuredClone(seen);
        changed.metadata!.annotations![RESERVATION_ANNOTATION] = JSON.stringify(reservation);
        return (this.statefulSet = this.policy(this.#written(changed)));
      }),
    resizePod: (pod: V1Pod, { requests }: V1ResourceRequirements) =>
      this.#ask("resizePod", () => {
        this.resizeAdmission(requests!);
        const resized = structuredClone(pod);
        resized.spec!.containers[0]!.resources = { requests: this.resizePolicy(requests!) };
        return this.#written(resized);
      }),
    noteRaised: (seen: V1StatefulSet, raisedTo: Resources) =>
      this.#ask("noteRaised", () => this.#written(withRecord(seen, { raisedTo }))),
    noteGrowthRefused: (seen: V1StatefulSet, now: Date) =>
      this.#ask("noteGrowthRefused", () =>
        this.#written(withRecord(seen, { growthRefusedAt: now.toISOString() })),
      ),
    delete: () => this.#ask("delete", () => (this.statefulSet = undefined)),
    deletePod: (pod: V1Pod) => this.#ask("deletePod", () => pod),
  };
}
