/** Plays kube-proxy for one Service whose pods run on the local node. */
import { connect, createServer, type Server, type Socket } from "node:net";
import { DiscoveryV1Api, type KubeConfig, type V1EndpointSlice } from "@kubernetes/client-node";
import type { Cluster } from "../cluster";
import { readKubeConfig } from "../kubeconfig";
import { watch } from "../watch";
import type { Kubelet } from "./kubelet";

export interface ServiceProxy {
  /** The Service's. */
  readonly address: string;
  stop(): void;
}

/** Addresses of ready endpoints. */
const readyAddresses = (slices: readonly V1EndpointSlice[]): string[] =>
  slices.flatMap(({ endpoints }) =>
    (endpoints ?? []).filter(({ conditions }) => conditions?.ready).flatMap(({ addresses }) => addresses),
  );

function watchSlices(kubeConfig: KubeConfig, namespace: string, service: string) {
  const api = kubeConfig.makeApiClient(DiscoveryV1Api);
  const labelSelector = `kubernetes.io/service-name=${service}`;
  return watch<V1EndpointSlice>(kubeConfig, {
    path: `/apis/discovery.k8s.io/v1/namespaces/${namespace}/endpointslices`,
    list: () => api.listNamespacedEndpointSlice({ namespace, labelSelector }),
    labelSelector,
  });
}

function join(client: Socket, port: number): void {
  // Two connections in place of one: neither may hold bytes back until the other side has confirmed earlier ones.
  const server = connect({ port, host: "127.0.0.1", noDelay: true });
  client.setNoDelay();
  client.pipe(server).pipe(client);
  client.on("error", () => server.destroy()).on("close", () => server.destroy());
  server.on("error", () => client.destroy()).on("close", () => client.destroy());
}

/**
 * Listens on the Service's address, which must be a loopback address, and hands each connection to the next
 * ready pod; with none, it is closed at once.
 */
export async function startServiceProxy(
  cluster: Cluster,
  kubelet: Kubelet,
  service: { namespace: string; name: string },
): Promise<ServiceProxy> {
  const { spec } = await cluster.clients.core.readNamespacedService(service);
  const kubeConfig = readKubeConfig(cluster.kubeconfigFile);
  const slices = await watchSlices(kubeConfig, service.namespace, service.name);
  let turn = 0;
  const sockets = new Set<Socket>();
  const server = createServer(client => {
    sockets.add(client.on("close", () => sockets.delete(client)));
    const addresses = readyAddresses(slices.objects());
    const ports = kubelet.pods().flatMap(pod => (addresses.includes(pod.address) ? [pod.port] : []));
    const port = ports[turn++ % ports.length];
    if (port === undefined) client.destroy();
    else join(client, port);
  });
  await listen(server, spec!.clusterIP!, spec!.ports![0]!.port);
  return {
    address: spec!.clusterIP!,
    stop: () => {
      slices.stop();
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
}

function listen(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", (cause: Error) =>
      reject(
        new Error(
          `the Service's address ${host}:${port} cannot be listened on (${cause.message}): the cluster must ` +
            "give its Services loopback addresses (kube-apiserver --service-cluster-ip-range=127.96.0.0/16)",
          { cause },
        ),
      ),
    );
    server.listen(port, host, resolve);
  });
}
