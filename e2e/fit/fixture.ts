/** What tests about room share: nodes of a size, neighbours on them, and runs that ask for something. */
import type { V1Node, V1Pod } from "@kubernetes/client-node";
import { JSON_PATCH } from "../../capabilities/kube/json-patch";
import { isPlaceholderPod } from "../../capabilities/tekton/placeholder-pod";
import { isResizeRefused } from "../../capabilities/kube/errors";
import { applyObjects } from "../../testbed/manifests";
import { addNode, nodeObject, removeNode, type NodeOptions } from "../../testbed/nodes";
import { until } from "../../testbed/until";
import { nap, RUN_MILLISECONDS, type OperatedCluster } from "../operated-cluster";

/** A task whose one step has these requests and limits. */
export const asking = (name: string, resources: object, extra: object = {}, seconds = 1) => {
  const task = nap(name, seconds, extra);
  return {
    ...task,
    taskSpec: { ...task.taskSpec, steps: [{ ...task.taskSpec.steps[0]!, computeResources: resources }] },
  };
};
export const cpu = (name: string, amount: string, extra: object = {}, seconds = 1) =>
  asking(name, { requests: { cpu: amount } }, extra, seconds);
export const after = (...runAfter: string[]) => ({ runAfter });
/** 2 + 2 + 5 CPUs at once, after a first task. */
export const wide = () => [
  cpu("first", "1"),
  cpu("left", "2", after("first")),
  cpu("middle", "2", after("first")),
  cpu("right", "5", after("first")),
];
export const chosen = (choices: Record<string, string>) => ({
  annotations: Object.fromEntries(
    Object.entries(choices).map(([key, value]) => [`pod-affinity.tekton.dev/${key}`, value]),
  ),
});

export class Fit {
  #nodes: NodeOptions[] = [];

  constructor(readonly operated: OperatedCluster) {}

  async node(name: string, cores: string, more: Partial<NodeOptions> = {}): Promise<void> {
    const options = { name, cpu: cores, ...more };
    await addNode(this.operated.cluster.clients, options);
    this.#nodes.push(options);
  }

  /** The nodes that are there, as a preview may be given them. */
  nodeObjects(): V1Node[] {
    return this.#nodes.map(nodeObject);
  }

  async removeNodes(): Promise<void> {
    for (const { name } of this.#nodes) await removeNode(this.operated.cluster.clients, name);
    this.#nodes = [];
  }

  /** A pod of somebody else's, already on its node, or looking for room on just that node. */
  async stranger(
    namespace: string,
    name: string,
    node: string,
    cores: string,
    isThere: boolean,
  ): Promise<void> {
    const where = isThere ? { nodeName: node } : { nodeSelector: { "kubernetes.io/hostname": node } };
    const container = { name: "c", image: "pause", resources: { requests: { cpu: cores } } };
    const body: V1Pod = { metadata: { name }, spec: { ...where, containers: [container] } };
    await this.operated.cluster.clients.core.createNamespacedPod({ namespace, body });
  }

  /** As an API server before Kubernetes 1.33, or a cluster that does not allow it. */
  async refuseResizes(namespace: string, node: string): Promise<void> {
    const name = `refuse-resizes-in-${namespace}`;
    const rule = { apiGroups: [""], apiVersions: ["v1"], resources: ["pods/resize"], operations: ["UPDATE"] };
    const group = "admissionregistration.k8s.io/v1";
    await applyObjects(this.operated.cluster.kubeconfigFile, [
      {
        apiVersion: group,
        kind: "ValidatingAdmissionPolicy",
        metadata: { name },
        spec: {
          matchConstraints: { resourceRules: [rule] },
          validations: [{ expression: "false", message: "no resizes" }],
        },
      } as object,
      {
        apiVersion: group,
        kind: "ValidatingAdmissionPolicyBinding",
        metadata: { name },
        spec: {
          policyName: name,
          validationActions: ["Deny"],
          matchResources: {
            namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": namespace } },
          },
        },
      } as object,
    ]);
    // A policy takes a moment to be in force.
    await this.stranger(namespace, "probe", node, "2", true);
    await until("resizes to be refused", RUN_MILLISECONDS, () => this.#resizeIsRefused(namespace, "probe"));
  }

  async #resizeIsRefused(namespace: string, name: string): Promise<boolean> {
    const path = "/spec/containers/0/resources/requests/cpu";
    const body = [{ op: "replace", path, value: "1" }];
    const { core } = this.operated.cluster.clients;
    try {
      await core.patchNamespacedPodResize({ namespace, name, body, dryRun: "All" }, JSON_PATCH);
      return false;
    } catch (error) {
      return isResizeRefused(error);
    }
  }

  /** Reasons with which all runs of the namespace have ended. */
  async ended(namespace: string, milliseconds?: number): Promise<(string | undefined)[]> {
    const runs = await this.operated.untilEnded(namespace, milliseconds);
    await this.operated.untilNoPlaceholder(namespace);
    return runs.map(({ status }) => status?.conditions?.[0]?.reason);
  }

  /** The cpu that the placeholders of the namespace asked for, one after another. */
  asked(namespace: string): string[] {
    return this.operated.history
      .all("pod", namespace)
      .filter(({ object, type }) => isPlaceholderPod(object) && type !== "DELETED")
      .map(({ object }) => object.spec!.containers[0]!.resources!.requests!["cpu"]!)
      .filter((value, index, all) => value !== all[index - 1]);
  }

  /** Nodes of the run's pods. */
  nodes(namespace: string): string[] {
    return this.operated.history.nodesOfPods(namespace);
  }

  /** Every moment at which pods of one run were on two nodes, as a sentence. */
  splits(namespace: string): string[] {
    const bound = new Map<string, { run: string; node: string }>();
    const found: string[] = [];
    for (const { type, object, revision } of this.operated.history.all("pod", namespace)) {
      const run = object.metadata?.labels?.["tekton.dev/pipelineRun"];
      const node = object.spec?.nodeName;
      if (run === undefined || isPlaceholderPod(object)) continue;
      const hasEnded = ["Succeeded", "Failed"].includes(object.status?.phase ?? "");
      if (type === "DELETED" || hasEnded || !node) bound.delete(object.metadata!.uid!);
      else bound.set(object.metadata!.uid!, { run, node });
      const nodes = new Set([...bound.values()].filter(pod => pod.run === run).map(pod => pod.node));
      if (nodes.size > 1) found.push(`${run} on ${[...nodes].join(" and ")} at ${revision}`);
    }
    return found;
  }

  /** What is said of what the run asks for: with where it was placed, or before, where that took long. */
  toldOfRoom(namespace: string): Promise<string> {
    return until(`what is said of the room in ${namespace}`, RUN_MILLISECONDS, async () => {
      const { items } = await this.operated.cluster.clients.core.listNamespacedEvent({ namespace });
      const told = items.filter(({ reason }) => ["Placed", "Reserved"].includes(reason ?? ""));
      return told.length === 0 ? undefined : told.map(({ message }) => message).join("\n");
    });
  }

  /** The message of the Event, once it is there. */
  told(namespace: string, reason: string): Promise<string> {
    return until(`the Event ${reason} in ${namespace}`, RUN_MILLISECONDS, async () => {
      const { items } = await this.operated.cluster.clients.core.listNamespacedEvent({ namespace });
      return items.find(event => event.reason === reason)?.message;
    });
  }
}

/** A group of tests on the cluster that all of them share. */
export type FitTests = (fit: () => Fit) => void;
