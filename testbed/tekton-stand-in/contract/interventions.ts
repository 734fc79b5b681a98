/** What someone did to some of the runs while they were recorded: see the comments of the inputs. */
import { setTimeout as delay } from "node:timers/promises";
import type { KubeClients } from "../../../capabilities/kube-client";
import { namespaceOf, type Resource } from "./recording";

/** The new `spec.status`, or null for none. */
const changes: Record<string, string | null> = {
  cancelled: "CancelledRunFinally",
  pending: null,
  "pending-stopped": "StoppedRunFinally",
};
const afterMilliseconds = 3000;

/** Waits and does what was done to the input's run; nothing for most. */
export async function intervene({ custom }: KubeClients, input: string, objects: Resource[]): Promise<void> {
  const status = changes[input];
  if (status === undefined) return;
  // The recordings have it at this time; there is no condition that it waits for.
  await delay(afterMilliseconds);
  await custom.patchNamespacedCustomObject({
    group: "tekton.dev",
    version: "v1",
    plural: "pipelineruns",
    namespace: namespaceOf(input),
    name: objects.at(-1)!.metadata!.name!,
    body: [
      status === null
        ? { op: "remove", path: "/spec/status" }
        : { op: "add", path: "/spec/status", value: status },
    ],
  });
}
