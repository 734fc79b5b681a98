/** Clients that note the JSON Patches that are sent, and answer with what they are told; for tests. */
import type { JsonPatch } from "../kube/json-patch";
import type { KubeClients } from "../kube/client";

export function patchingClients(answer: object = { metadata: { resourceVersion: "2" } }): {
  clients: Pick<KubeClients, "apps" | "core" | "custom">;
  sent: JsonPatch;
} {
  const sent: JsonPatch = [];
  const patch = async ({ body }: { body: JsonPatch }) => {
    sent.push(...body);
    return answer;
  };
  const clients = {
    apps: { patchNamespacedStatefulSet: patch },
    core: { patchNamespacedPodResize: patch },
    custom: { patchNamespacedCustomObject: patch },
  };
  return { clients: clients as unknown as KubeClients, sent };
}
