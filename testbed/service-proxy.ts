/** Plays kube-proxy for one Service, on an address of this machine. */
import { connect, createServer, type Server, type Socket } from "node:net";
import { DiscoveryV1Api, type KubeConfig, type V1EndpointSlice } from "@kubernetes/client-node";
import type { Cluster } from "./cluster";
import { readKubeConfig } from "./kubeconfig";
import { watch } from "./watch";

export interface ServiceProxy {
  /** The Service's. */
  readonly address: string;
  stop(): void;
}

export interface ServiceName {
  namespace: string;
  name: string;
}

export interface Target {
  host: string;
  port: number;
}

/** Ready endpoints. */
const readyTargets = (slices: readonly V1EndpointSlice[]): Target[] =>
  slices.flatMap(({ endpoints, ports }) =>
    (endpoints ?? [])
      .filter(({ conditions }) => conditions?.ready)
      .flatMap(({ addresses }) => addresses.map(host => ({ host, port: ports![0]!.port! }))),
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

function join(client: Socket, { host, port }: Target): void {
  // Two connections in place of one: neither may hold bytes back until the other side has confirmed earlier ones.
  const server = connect({ port, host, noDelay: true });
  client.setNoDelay();
  client.pipe(server).pipe(client);
  client.on("error", () => server.destroy()).on("close", () => server.destroy());
  server.on("error", () => client.destroy()).on("close", () => client.destroy());
}

/**
 * Listens on the Service's address, which must be one of this machine, and hands each connection to the next
 * ready pod; with none, it is closed at once.
 *
 * @param reach where the pods behind ready endpoints are to be found. Default: where the endpoints say
 */
export async function startServiceProxy(
  cluster: Cluster,
  service: ServiceName,
  reach: (ready: Target[]) => Target[] = ready => ready,
): Promise<ServiceProxy> {
  const { spec } = await cluster.clients.core.readNamespacedService(service);
  const kubeConfig = readKubeConfig(cluster.kubeconfigFile);
  const slices = await watchSlices(kubeConfig, service.namespace, service.name);
  const here = { host: spec!.clusterIP!, port: spec!.ports![0]!.port };
  const stop = await forward(here, () => reach(readyTargets(slices.objects())));
  return {
    address: here.host,
    stop: () => {
      slices.stop();
      stop();
    },
  };
}

/** Hands each connection to the next of the targets. @returns what ends it, and all connections */
export async function forward({ host, port }: Target, targets: () => Target[]): Promise<() => void> {
  let turn = 0;
  const sockets = new Set<Socket>();
  const server = createServer(client => {
    sockets.add(client.on("close", () => sockets.delete(client)));
    const all = targets();
    const target = all[turn++ % all.length];
    if (target === undefined) client.destroy();
    else join(client, target);
  });
  await listen(server, host, port);
  return () => {
    for (const socket of sockets) socket.destroy();
    server.close();
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
