/** What tests of single cases share: objects as people apply them, and what a preview of the same objects says. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "@jest/globals";
import type { KubernetesObject, V1StatefulSet } from "@kubernetes/client-node";
import { hasStarted, isPending, PIPELINE_RUN_V1 } from "../../capabilities/tekton/objects";
import { previewOfText } from "../../preview/testing";
import type { Preview } from "../../preview/preview";
import { applyObjects, parseObjects } from "../../testbed/manifests";
import { until } from "../../testbed/until";
import type { Fit } from "../fit/fixture";
import { RUN_MILLISECONDS } from "../operated-cluster";

const EXAMPLES = join(__dirname, "..", "..", "examples");
export const example = async (name: string): Promise<KubernetesObject[]> =>
  parseObjects(await readFile(join(EXAMPLES, `${name}.yaml`), "utf8"));

const CLUSTER_WIDE = ["PersistentVolume", "PriorityClass", "RuntimeClass", "StorageClass"];

/** What of a placeholder decides where it goes. */
function decided({ spec }: V1StatefulSet) {
  const {
    nodeSelector = {},
    tolerations = [],
    runtimeClassName,
    affinity,
    containers,
    volumes = [],
  } = spec!.template.spec!;
  const claims = volumes.map(({ persistentVolumeClaim }) => persistentVolumeClaim?.claimName);
  const { requests } = containers[0]!.resources!;
  const nodes =
    affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms ?? [];
  return { nodeSelector, nodes, tolerations, runtimeClassName, requests, claims };
}

export class Case {
  constructor(
    readonly fit: Fit,
    readonly namespace: string,
  ) {}

  /** @returns what a preview says of the objects */
  async apply(objects: object[]): Promise<Preview> {
    const { operated } = this.fit;
    await operated.createNamespace(this.namespace);
    const placed = (objects as KubernetesObject[]).map(object =>
      CLUSTER_WIDE.includes(object.kind!) || object.metadata?.namespace !== undefined
        ? object
        : { ...object, metadata: { ...object.metadata, namespace: this.namespace } },
    );
    await applyObjects(operated.cluster.kubeconfigFile, placed);
    const all = [...this.fit.nodeObjects(), ...placed];
    return previewOfText(all.map(object => JSON.stringify(object)).join("\n---\n"));
  }

  /** The placeholder as it was made, which has to be the one that was previewed. */
  async madeAs({ placeholder, problems }: Preview): Promise<ReturnType<typeof decided>> {
    expect(problems).toEqual([]);
    const made = await until("the placeholder to be made", RUN_MILLISECONDS, async () =>
      this.fit.operated.history.first("statefulSet", this.namespace, () => true),
    );
    const found = decided(made.object);
    expect(found).toEqual(decided(placeholder!));
    return found;
  }

  /** All pods of the run were on this node, and it has succeeded. */
  async succeedsOn(...nodes: string[]): Promise<void> {
    expect(await this.fit.ended(this.namespace)).toEqual(["Succeeded"]);
    expect(this.fit.nodes(this.namespace).sort()).toEqual(nodes);
  }

  /** Deletes a run that will not end: its placeholder would keep others off the next nodes. */
  async remove(name: string): Promise<void> {
    const { operated } = this.fit;
    await operated.cluster.clients.custom.deleteNamespacedCustomObject({
      ...PIPELINE_RUN_V1,
      namespace: this.namespace,
      name,
    });
    await operated.untilNoPlaceholder(this.namespace);
  }

  /** The message of the Warning, for which the run waits; a preview has to know the problem as well. */
  async heldFor(reason: string, { problems }: Preview): Promise<string> {
    expect(problems).toEqual([expect.stringMatching(/would be held/)]);
    const message = await this.fit.told(this.namespace, reason);
    const [run] = this.fit.operated.history.now("run", this.namespace);
    expect({ isPending: isPending(run!), hasStarted: hasStarted(run!) }).toEqual({
      isPending: true,
      hasStarted: false,
    });
    return message;
  }
}
