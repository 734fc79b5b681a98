/** Plays kube-proxy for one Service whose pods run on the local node. */
import { connect, createServer, type Server, type Socket } from "node:net";
import { DiscoveryV1Api, KubeConfig } from "@kubernetes/client-node";
import type { Cluster } from "../cluster";
import type { Kubelet } from "./kubelet";

const LOOK_MILLISECONDS = 200;

export interface ServiceProxy {
  /** The Service's. */
  readonly address: string;
  stop(): void;
}

/** Addresses of ready endpoints, as the EndpointSlices say. */
async function readyAddresses(api: DiscoveryV1Api, namespace: string, service: string): Promise<string[]> {
  const { items } = await api.listNamespacedEndpointSlice({
    namespace,
    labelSelector: `kubernetes.io/service-name=${service}`,
  });
  return items.flatMap(({ endpoints }) =>
    (endpoints ?? []).filter(({ conditions }) => conditions?.ready).flatMap(({ addresses }) => addresses),
  );
}

function join(client: Socket, port: number): void {
  const server = connect(port, "127.0.0.1");
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
  const kubeConfig = new KubeConfig();
  kubeConfig.loadFromFile(cluster.kubeconfigFile);
  const api = kubeConfig.makeApiClient(DiscoveryV1Api);
  let addresses: string[] = [];
  let turn = 0;
  const look = async () => (addresses = await readyAddresses(api, service.namespace, service.name));
  await look();
  const timer = setInterval(() => void look().catch(() => undefined), LOOK_MILLISECONDS);
  const sockets = new Set<Socket>();
  const server = createServer(client => {
    sockets.add(client.on("close", () => sockets.delete(client)));
    const ports = kubelet.pods().flatMap(pod => (addresses.includes(pod.address) ? [pod.port] : []));
    const port = ports[turn++ % ports.length];
    if (port === undefined) client.destroy();
    else join(client, port);
  });
  await listen(server, spec!.clusterIP!, spec!.ports![0]!.port);
  return {
    address: spec!.clusterIP!,
    stop: () => {
      clearInterval(timer);
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
