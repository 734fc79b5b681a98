/** The two controllers: which of them acts, and their memory. */
import type { Cluster } from "../../testbed/cluster";
import type { Operator } from "../../testbed/operator";
import { OPERATOR_NAMESPACE } from "../../testbed/operator-names";
import { memoryOf, type Memory } from "../proc";

export interface Controllers {
  acting: Memory;
  standingBy: Memory;
}

/** @throws Error when there are not two, or none acts */
export async function memoryOfControllers(cluster: Cluster, operator: Operator): Promise<Controllers> {
  const { items } = await cluster.clients.coordination.listNamespacedLease({ namespace: OPERATOR_NAMESPACE });
  const holders = items.map(({ spec }) => spec?.holderIdentity ?? "");
  const running = operator.processes("controller").filter(one => !one.hasExited());
  // A holder's identity begins with the name of its pod.
  const acts = ({ name }: { name: string }): boolean => holders.some(holder => holder.startsWith(name));
  const acting = running.find(acts);
  const standingBy = running.find(one => !acts(one));
  if (acting === undefined || standingBy === undefined)
    throw new Error(`of ${running.length} controllers none acts, or none stands by`);
  return { acting: memoryOf(acting.pid), standingBy: memoryOf(standingBy.pid) };
}
