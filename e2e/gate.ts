/** A task without a pod, between two that have some: its run goes on when it is approved. */
import { JSON_PATCH } from "../capabilities/kube/json-patch";
import { until } from "../testbed/until";
import { RUN_MILLISECONDS, type OperatedCluster } from "./operated-cluster";

const CUSTOM_RUNS = { group: "tekton.dev", version: "v1beta1", plural: "customruns" };

export const gate = { name: "gate", taskRef: { apiVersion: "example.dev/v1alpha1", kind: "ApprovalTask" } };

/** Resolves when a run of the namespace has come to its gate. */
export async function untilGate({ cluster }: OperatedCluster, namespace: string): Promise<void> {
  await until(`${namespace}: the gate`, RUN_MILLISECONDS, async () => {
    const where = { ...CUSTOM_RUNS, namespace };
    const { items } = (await cluster.clients.custom.listNamespacedCustomObject(where)) as { items: object[] };
    return items.length > 0;
  });
}

/** @param run its name */
export async function approve({ cluster }: OperatedCluster, namespace: string, run: string): Promise<void> {
  const condition = { type: "Succeeded", status: "True", reason: "Approved" };
  const body = [{ op: "add", path: "/status", value: { conditions: [condition] } }];
  const { custom } = cluster.clients;
  const gateRun = { ...CUSTOM_RUNS, namespace, name: `${run}-${gate.name}` };
  await custom.patchNamespacedCustomObjectStatus({ ...gateRun, body }, JSON_PATCH);
}
