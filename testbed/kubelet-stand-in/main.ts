/**
 * Stand-in for the part of the kubelet that grants in-place resizes, for the test bed only. All else of a
 * kubelet is KWOK's.
 *
 * Works on the cluster that KUBECONFIG names. Prints the line of ../ready.ts when all pods are watched.
 * Keeps nothing but what is on the objects and since when it has seen it, so it can be stopped and started at any
 * time.
 */
import { KubeConfig, type V1Node, type V1Pod } from "@kubernetes/client-node";
import { kubeClients } from "../../capabilities/kube/client";
import { WorkQueue } from "../../capabilities/controller/work-queue";
import { readyLine } from "../ready";
import { inShort, watch } from "../watch";
import { NodeResizes } from "./node-resizes";
import { Pace } from "./pace";

/** A number from which the time that each answer takes follows; default: 1. */
const SEED_VARIABLE = "TESTBED_RESIZE_SEED";
const WORKERS = 8;

async function main(): Promise<void> {
  const kubeConfig = new KubeConfig();
  kubeConfig.loadFromDefault();
  const clients = kubeClients({ maxConnections: 2 * WORKERS, requestTimeoutMilliseconds: 30_000 });
  const resizes = new NodeResizes(clients, new Pace(Number(process.env[SEED_VARIABLE] ?? 1)));
  const nodes = new WorkQueue(node => resizes.work(node), {
    workers: WORKERS,
    retryBaseMilliseconds: 10,
    retryLimitMilliseconds: 5_000,
    onFailure: (node, error, milliseconds) =>
      console.error(`node ${node}: ${inShort(error)}; trying again in ${Math.round(milliseconds)} ms`),
  });
  await watch<V1Node>(kubeConfig, {
    path: "/api/v1/nodes",
    list: () => clients.core.listNode(),
    seen: (node, isGone) => resizes.seeNode(node, isGone),
  });
  await watch<V1Pod>(kubeConfig, {
    path: "/api/v1/pods",
    list: () => clients.core.listPodForAllNamespaces(),
    seen: (pod, isGone) => {
      const look = resizes.lookFor(pod, isGone);
      // Not before it is due: whoever comes meanwhile would be answered earlier than a kubelet does.
      if (look !== undefined) setTimeout(() => nodes.add(look.node), look.milliseconds);
    },
  });
  console.log(readyLine("kubelet-stand-in"));
}

process.on("SIGTERM", () => process.exit(0));
process.on("SIGINT", () => process.exit(0));
main().catch((error: unknown) => {
  console.error(error);
  process.exit(1);
});
