/** One pod as a process: its files, its account's token, its environment, and its state as a kubelet tells it. */
import { mkdir, writeFile } from "node:fs/promises";
import { request } from "node:https";
import { join } from "node:path";
import { type V1Container, type V1Pod, type V1PodStatus } from "@kubernetes/client-node";
import { stringify } from "yaml";
import type { Cluster } from "../cluster";
import { readKubeConfig } from "../kubeconfig";
import type { ManagedProcess } from "../managed-process";
import { operatorPackages } from "../packages";
import { linkPackages, localPath, writeVolumes } from "./pod-files";

const TOKEN_SECONDS = 24 * 3600;
const PROBE_MILLISECONDS = 2_000;

export interface LocalPod {
  readonly pod: V1Pod;
  /** Where its container listens, in place of its containerPort. */
  readonly port: number;
  readonly address: string;
  readonly root: string;
  process: ManagedProcess;
  ready: boolean;
  /** Milliseconds of the epoch. */
  probed: number;
  /** Milliseconds of the epoch. */
  volumesWritten: number;
}

/**
 * A kubeconfig with a token of the pod's account, so that its RBAC counts.
 *
 * @param server in place of the API server's own address
 */
async function writeKubeconfig(cluster: Cluster, pod: V1Pod, root: string, server?: string): Promise<string> {
  const { namespace, name, uid } = pod.metadata!;
  const { status } = await cluster.clients.core.createNamespacedServiceAccountToken({
    namespace: namespace!,
    name: pod.spec!.serviceAccountName!,
    body: {
      spec: {
        audiences: [],
        expirationSeconds: TOKEN_SECONDS,
        boundObjectRef: { apiVersion: "v1", kind: "Pod", name, uid },
      },
    },
  });
  const given = readKubeConfig(cluster.kubeconfigFile).getCurrentCluster()!;
  const file = join(root, "kubeconfig");
  const text = stringify({
    apiVersion: "v1",
    kind: "Config",
    clusters: [
      {
        name: "cluster",
        cluster: {
          server: server ?? given.server,
          "certificate-authority-data": given.caData,
          "insecure-skip-tls-verify": given.skipTLSVerify,
        },
      },
    ],
    users: [{ name: "operator", user: { token: status!.token } }],
    contexts: [{ name: "operator", context: { cluster: "cluster", user: "operator" } }],
    "current-context": "operator",
  });
  await writeFile(file, text, { mode: 0o600 });
  return file;
}

/** Starts the pod's one container. What its environment and arguments say of its files, is of this machine's. */
export async function startPod(
  cluster: Cluster,
  pod: V1Pod,
  place: Pick<LocalPod, "port" | "address" | "root">,
  server?: string,
): Promise<LocalPod> {
  const { root, port } = place;
  await mkdir(root, { recursive: true });
  await writeVolumes(cluster.clients, pod, root);
  await linkPackages(root, operatorPackages());
  const kubeconfig = await writeKubeconfig(cluster, pod, root, server);
  return {
    pod,
    ...place,
    process: run(cluster, pod, root, port, kubeconfig),
    ready: false,
    probed: 0,
    volumesWritten: Date.now(),
  };
}

/** Starts a container anew that has ended. */
export function restart(cluster: Cluster, local: LocalPod): void {
  local.process = run(cluster, local.pod, local.root, local.port, join(local.root, "kubeconfig"));
}

function run(cluster: Cluster, pod: V1Pod, root: string, port: number, kubeconfig: string): ManagedProcess {
  const [container] = pod.spec!.containers;
  const variables = (container!.env ?? []).map(({ name, value, valueFrom }) => [
    name,
    valueFrom?.fieldRef ? fieldOf(pod, valueFrom.fieldRef.fieldPath) : localPath(root, value ?? ""),
  ]);
  const args = (container!.args ?? []).map(argument => localPath(root, argument));
  const given = Object.fromEntries(variables) as Record<string, string>;
  const options = [...heapOf(container!), given["NODE_OPTIONS"] ?? ""].join(" ");
  const own = { KUBECONFIG: kubeconfig, PORT: String(port), NODE_OPTIONS: options, ...overrides() };
  return cluster.spawn(pod.metadata!.name!, process.execPath, args, { ...given, ...own });
}

/**
 * In a container Node's heap is half of the memory limit, and each half of the space for young objects the 256th part of that
 * (seen with Node 20 in a cgroup of 512 MiB: 256 and 1 MiB); here both would go by the machine's memory.
 */
function heapOf({ resources }: V1Container): string[] {
  const limit = /^(\d+)Mi$/.exec(resources?.limits?.memory ?? "")?.[1];
  if (limit === undefined) return [];
  const old = Number(limit) / 2;
  const young = Math.max(1, Math.round(old / 256));
  return [`--max-old-space-size=${old}`, `--max-semi-space-size=${young}`];
}

/** The one thing of the rendered environment that the person who runs tests may change. */
const overrides = () => (process.env.LOG_LEVEL === undefined ? {} : { LOG_LEVEL: process.env.LOG_LEVEL });

/** The downward API, as far as it is used. */
function fieldOf(pod: V1Pod, path: string): string {
  const value = path
    .split(".")
    .reduce<unknown>((object, key) => (object as Record<string, unknown>)?.[key], pod);
  return String(value ?? "");
}

/** Whether its readiness probe succeeds; a pod without one is ready while it runs. */
export function probe(local: LocalPod): Promise<boolean> {
  const get = local.pod.spec!.containers[0]!.readinessProbe?.httpGet;
  if (local.process.hasExited()) return Promise.resolve(false);
  if (get === undefined) return Promise.resolve(true);
  return new Promise(resolve => {
    const options = {
      host: "127.0.0.1",
      port: local.port,
      path: get.path,
      // As a kubelet: it cannot know who signed the certificate.
      rejectUnauthorized: false,
      agent: false as const,
      timeout: PROBE_MILLISECONDS,
    };
    const sent = request(options, response => {
      response.resume();
      resolve(response.statusCode === 200);
    });
    sent.on("timeout", () => sent.destroy());
    sent.on("error", () => resolve(false));
    sent.end();
  });
}

/** @param exitCode of its container, if that has ended for good */
export function statusOf(local: LocalPod, exitCode?: number): V1PodStatus {
  const now = new Date();
  const phase = exitCode === undefined ? "Running" : exitCode === 0 ? "Succeeded" : "Failed";
  const ready = exitCode === undefined && local.ready;
  const conditions = ["PodScheduled", "Initialized", "ContainersReady", "Ready"].map((type, index) => ({
    type,
    status: index < 2 || ready ? "True" : "False",
    lastTransitionTime: now,
  }));
  const terminated = { exitCode: exitCode ?? 0, finishedAt: now, startedAt: now };
  const { name, image } = local.pod.spec!.containers[0]!;
  return {
    phase,
    conditions,
    podIP: local.address,
    podIPs: [{ ip: local.address }],
    hostIP: "127.0.0.1",
    startTime: now,
    containerStatuses: [
      {
        name,
        image: image!,
        imageID: "",
        ready,
        restartCount: 0,
        state: exitCode === undefined ? { running: { startedAt: now } } : { terminated },
      },
    ],
  };
}
