/** Installs the operator with its chart, on the real node: its pods are containers. */
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import type { Cluster } from "../cluster";
import { Installation, WEBHOOK_SECONDS } from "../installation";
import { readKubeConfig } from "../kubeconfig";
import { forward, startServiceProxy, type ServiceName, type ServiceProxy } from "../service-proxy";
import { placeOf } from "./files";
import { ON_REAL_NODE } from "./node";

const execute = promisify(execFile);
const API_SERVICE: ServiceName = { namespace: "default", name: "kubernetes" };

/**
 * Puts a Service's address on the bridge, so that pods and this machine find it there; it goes with the bridge.
 *
 * @throws Error when it is a loopback address: pods have their own of those
 */
async function bringHere(cluster: Cluster, service: ServiceName): Promise<string> {
  const { spec } = await cluster.clients.core.readNamespacedService(service);
  const address = spec!.clusterIP!;
  if (address.startsWith("127."))
    throw new Error("the cluster needs a serviceRange that containers can reach");
  await execute("ip", ["address", "add", `${address}/32`, "dev", placeOf(cluster.directory).bridge]);
  return address;
}

async function serveApi(cluster: Cluster): Promise<void> {
  const host = await bringHere(cluster, API_SERVICE);
  const { port } = new URL(readKubeConfig(cluster.kubeconfigFile).getCurrentCluster()!.server);
  const stop = await forward({ host, port: 443 }, () => [{ host: "127.0.0.1", port: Number(port) }]);
  cluster.atStop(async () => stop());
}

async function serve(cluster: Cluster, service: ServiceName): Promise<ServiceProxy> {
  await bringHere(cluster, service);
  return startServiceProxy(cluster, service);
}

/**
 * Installs the chart in dist/ (`npm run build` must have been run) on a cluster whose `serviceRange` is of
 * `freeServiceRange`, and waits until every pod is ready. What the chart renders is changed in nothing but where it
 * goes.
 *
 * @throws Error with what Helm said
 */
export async function installOnRealNode(cluster: Cluster): Promise<Installation> {
  const installation = new Installation(cluster, {
    values: {
      webhooks: { timeoutSeconds: WEBHOOK_SECONDS },
      admission: ON_REAL_NODE,
      controller: ON_REAL_NODE,
    },
    serve: service => serve(cluster, service),
  });
  await serveApi(cluster);
  cluster.atStop(() => installation.close());
  await installation.install();
  return installation;
}
