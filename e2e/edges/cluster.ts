/** The one cluster of these tests. Most of them go on at once, each in a namespace of its own. */
import { placeholderName } from "../../capabilities/placement/names";
import { PLACEHOLDER_LABEL } from "../../capabilities/keys";
import { addNode } from "../../testbed/nodes";
import { until } from "../../testbed/until";
import { nap, OperatedCluster, RUN_MILLISECONDS } from "../operated-cluster";

/** There once `start` is over. */
export let operated: OperatedCluster;

export async function start(): Promise<void> {
  operated = await OperatedCluster.start("edges", 24);
}

export const tasks = [nap("only")];

export const untilPlaced = (namespace: string, name: string) =>
  until(`${name} to be placed`, RUN_MILLISECONDS, async () => {
    const found = await operated.readRun(namespace, name);
    return found.metadata?.labels?.[PLACEHOLDER_LABEL] === placeholderName(name) ? found : undefined;
  });

/** Of a run: no node is of it until `addNodeOf`. */
export const onNodeOf = (namespace: string) => ({
  taskRunTemplate: { podTemplate: { nodeSelector: { reserved: namespace } } },
});

export const addNodeOf = (namespace: string) =>
  addNode(operated.cluster.clients, { name: `node-of-${namespace}`, labels: { reserved: namespace } });
