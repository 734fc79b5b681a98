/** Builder of running pods, as the API server shows them, for the tests of decisions. */
import type { V1Pod, V1ResourceRequirements } from "@kubernetes/client-node";
import { PENDING_CONDITION, PROGRESS_CONDITION } from "./conditions";

type Requests = Record<string, string>;

export class PodBuilder {
  readonly pod: V1Pod;

  /** A Running pod with one container, `main`, that was granted what it asks for. */
  constructor(name: string, requests: Requests) {
    this.pod = {
      metadata: { name, generation: 1, resourceVersion: "7" },
      spec: { containers: [{ name: "main", resources: { requests } }] },
      status: {
        phase: "Running",
        qosClass: "Burstable",
        conditions: [{ type: "Ready", status: "True" }],
        containerStatuses: [
          {
            ...{ name: "main", image: "", imageID: "", ready: true, restartCount: 0 },
            resources: { requests },
            allocatedResources: requests,
          },
        ],
        observedGeneration: 1,
      },
    };
  }

  asks(requests: Requests, limits?: Requests): this {
    const resources: V1ResourceRequirements = { requests, ...(limits && { limits }) };
    this.pod.spec!.containers[0].resources = resources;
    this.pod.metadata!.generation = 2;
    return this;
  }
  /** Has been found to have no room. */
  waiting(since: string, message = "", generation = 2): this {
    this.pod.status!.conditions!.push({
      ...{ type: PENDING_CONDITION, status: "True", reason: "Deferred", message },
      ...{ observedGeneration: generation, lastTransitionTime: new Date(since) },
    });
    return this;
  }
  /** What it asks for was allocated as the pod was at that generation, and is not in force yet. */
  inProgress(requests: Requests, generation = 2): this {
    this.pod.status!.conditions!.push({
      type: PROGRESS_CONDITION,
      status: "True",
      observedGeneration: generation,
    });
    this.pod.status!.containerStatuses![0].allocatedResources = requests;
    this.pod.status!.observedGeneration = generation;
    return this;
  }
  /** The pod's generation. */
  generation(generation: number): this {
    this.pod.metadata!.generation = generation;
    return this;
  }
  /** The generation that the status is of. */
  observed(generation: number): this {
    this.pod.status!.observedGeneration = generation;
    return this;
  }
  initContainer(name: string, requests: Requests, restartPolicy?: "Always"): this {
    (this.pod.spec!.initContainers ??= []).push({ name, resources: { requests }, restartPolicy });
    return this;
  }
  priority(priority: number): this {
    this.pod.spec!.priority = priority;
    return this;
  }
  guaranteed(): this {
    this.pod.status!.qosClass = "Guaranteed";
    return this;
  }
  phase(phase: string): this {
    this.pod.status!.phase = phase;
    return this;
  }
  /** Bound, but nothing of its status has been written yet. */
  unstarted(): this {
    this.pod.status = { phase: "Pending" };
    return this;
  }
}

export const pod = (name: string, requests: Requests): PodBuilder => new PodBuilder(name, requests);
