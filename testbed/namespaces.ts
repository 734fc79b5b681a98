import type { KubeClients } from "../capabilities/kube/client";
import { ifFound } from "./if-found";
import { until } from "./until";

const SERVICE_ACCOUNT_MILLISECONDS = 120_000;

/**
 * Makes a namespace and waits until pods can be made in it: the API server refuses them until the
 * controller-manager has made the ServiceAccount `default`.
 */
export async function createNamespace(
  clients: KubeClients,
  name: string,
  metadata: { labels?: Record<string, string>; annotations?: Record<string, string> } = {},
): Promise<void> {
  await clients.core.createNamespace({ body: { metadata: { ...metadata, name } } });
  await untilUsable(clients, name);
}

/** Waits until the ServiceAccount `default` of a namespace is there, at most 2 minutes. */
export async function untilUsable(clients: KubeClients, namespace: string): Promise<void> {
  await until(`the ServiceAccount default in ${namespace}`, SERVICE_ACCOUNT_MILLISECONDS, () =>
    ifFound(clients.core.readNamespacedServiceAccount({ name: "default", namespace })),
  );
}
