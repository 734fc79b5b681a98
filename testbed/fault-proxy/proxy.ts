/** Stands between a client and the API server, and lets requests and watches fail, driven by a seed. */
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { Agent, createServer } from "node:https";
import type { AddressInfo } from "node:net";
import type { Cluster } from "../cluster";
import { clusterFiles } from "../control-plane";
import { readKubeConfig } from "../kubeconfig";
import type { Fault, FaultRates } from "./faults";
import { FaultyForwarding, type Delayed } from "./forwarding";
import type { LagOptions } from "./lag";

export interface FaultProxy {
  /** `https://localhost:port`; the cluster's authority signed its certificate. */
  readonly url: string;
  /** How often each fault was injected. */
  readonly injected: Map<Fault, number>;
  /** Requests that came through, faults or not. */
  requests(): number;
  /** Most requests in flight at once, watches not counted, since the last call. */
  mostInFlight(): number;
  /** No faults and no lag from now on, and those that go on (half-open connections) end; until `resume`. */
  pause(): void;
  resume(): void;
  stop(): Promise<void>;
}

export interface FaultProxyOptions {
  /** The chances of faults for a request that is not a watch. Default: the same for all. */
  ratesOf?: (method: string, path: string) => FaultRates;
  /** Done while a write is delayed, so that it meets a world that has changed. */
  meanwhile?: (delayed: Delayed) => Promise<void>;
  /** How late the events of watches arrive, in order within each watch. Reads are not late. Default: not at all. */
  lag?: LagOptions;
}

/** @param rates the chance of each fault; see faults.ts */
export async function startFaultProxy(
  cluster: Cluster,
  seed: number,
  rates: FaultRates,
  { ratesOf = () => rates, meanwhile, lag }: FaultProxyOptions = {},
): Promise<FaultProxy> {
  const files = clusterFiles(cluster.directory);
  const [ca, cert, key] = await Promise.all(
    [files.authority, files.servingCertificate, files.servingKey].map(file => readFile(file)),
  );
  const proxy = new FaultyForwarding(
    readKubeConfig(cluster.kubeconfigFile).getCurrentCluster()!.server,
    new Agent({ ca, keepAlive: true }),
    seed,
    rates,
    ratesOf,
    meanwhile,
    lag,
  );
  const server = createServer({ cert, key, keepAliveTimeout: 120_000 }, proxy.listener);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `https://localhost:${(server.address() as AddressInfo).port}`,
    injected: proxy.injected,
    requests: () => proxy.total,
    mostInFlight: () => proxy.takeMostInFlight(),
    pause: () => proxy.pause(),
    resume: () => (proxy.paused = false),
    stop: async () => {
      proxy.pause();
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}
