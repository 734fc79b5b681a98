/** This machine as a node of a test bed's cluster: a real kubelet, and containers in containerd. */
import { existsSync } from "node:fs";
import { mkdir, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { V1Node, V1Taint } from "@kubernetes/client-node";
import { ensureTool } from "../binaries";
import type { Cluster } from "../cluster";
import { clusterFiles } from "../control-plane";
import { ifFound } from "../if-found";
import { untilReady, type ManagedProcess } from "../managed-process";
import { freePorts } from "../ports";
import { answers } from "../probe";
import { processesNaming } from "../process-list";
import { until } from "../until";
import { CONTAINERD_SOCKET, containerdConfiguration, registryHosts } from "./containerd";
import { filesOf, placeOf, type NodeFiles, type NodePlace } from "./files";
import { makeImages } from "./images";
import { kubeletConfiguration, type KubeletChoices } from "./kubelet";
import { startNamespaces, type Namespaces } from "./namespaces";
import { makeBridge, writeCniConfiguration, type PodNetwork } from "./network";
import { startRegistry } from "./registry";
import { findPrograms, type NodePrograms } from "./requirements";

export const REAL_NODE = "real";
const LABEL = { "testbed/real": "true" };
const TAINT: V1Taint = { key: "testbed/real", value: "true", effect: "NoSchedule" };

/** What brings a pod here; every other is kept away by the taint. */
export const ON_REAL_NODE = {
  nodeSelector: LABEL,
  tolerations: [{ key: TAINT.key, operator: "Exists" }],
};

const READY_MILLISECONDS = 60_000;
const STOP_MILLISECONDS = 30_000;
const CLEAN_UP = join(__dirname, "clean-up.mjs");
const CGROUPS = "/sys/fs/cgroup";

export interface RealNode {
  readonly name: string;
  /** Ends the kubelet; its containers go on, as on any node. */
  stopKubelet(): Promise<void>;
  /** Starts it again, and waits until it answers. */
  startKubelet(choices?: KubeletChoices): Promise<void>;
}

/** Why this machine cannot be a node, and what would help; undefined when it can. */
export function whyNoRealNode(): string | undefined {
  const found = findPrograms();
  return typeof found === "string" ? found : undefined;
}

/**
 * Makes this machine a node, which ends with the cluster and leaves nothing. The first call on a machine builds
 * the kubelet.
 *
 * @throws Error that says what is missing on this machine, or with the end of the log of what failed
 */
export async function startRealNode(cluster: Cluster): Promise<RealNode> {
  const programs = findPrograms();
  if (typeof programs === "string") throw new Error(programs);
  const kubelet = await ensureTool("kubelet");
  const place = placeOf(cluster.directory);
  const files = filesOf(place.root);
  cluster.afterwards(process.execPath, [CLEAN_UP, place.cgroup, place.bridge]);
  const [network, namespaces] = await Promise.all([
    makeBridge(place.bridge),
    startNamespaces(cluster, files),
  ]);
  await makeCgroups(place.cgroup);
  await startContainerd(cluster, programs, files, network, namespaces);
  const node = new StartedNode(cluster, kubelet, place, network, namespaces);
  await node.startKubelet();
  await untilUsable(cluster);
  return node;
}

/** The kubelet wants its root in each hierarchy. Those of cgroup v1 are directories of their own. */
async function makeCgroups(name: string): Promise<void> {
  const isUnified = (await readdir(CGROUPS)).includes("cgroup.controllers");
  const hierarchies = isUnified ? ["."] : await readdir(CGROUPS);
  await Promise.all(hierarchies.map(path => mkdir(join(CGROUPS, path, name), { recursive: true })));
}

async function startContainerd(
  cluster: Cluster,
  programs: NodePrograms,
  files: NodeFiles,
  network: PodNetwork,
  namespaces: Namespaces,
): Promise<void> {
  const registry = await startRegistry(makeImages(programs.busybox));
  cluster.atStop(() => registry.stop());
  await mkdir(files.registryHosts, { recursive: true });
  await Promise.all([
    writeFile(join(files.registryHosts, "hosts.toml"), registryHosts(registry.address)),
    writeFile(files.containerdConfig, containerdConfiguration(files, programs.cniPlugins)),
    writeCniConfiguration(files.cni, network),
  ]);
  const started = namespaces.spawn("containerd", programs.containerd, ["--config", files.containerdConfig]);
  const socket = CONTAINERD_SOCKET.replace("/run", files.shadows["/run"]);
  // A kubelet that does not find it ends.
  await untilReady(started, READY_MILLISECONDS, async () => existsSync(socket));
}

class StartedNode implements RealNode {
  readonly name = REAL_NODE;
  #kubelet: ManagedProcess | undefined;

  constructor(
    private readonly cluster: Cluster,
    private readonly program: string,
    private readonly place: NodePlace,
    private readonly network: PodNetwork,
    private readonly namespaces: Namespaces,
  ) {}

  async stopKubelet(): Promise<void> {
    await this.#kubelet?.stop();
    this.#kubelet = undefined;
    const { kubeletConfig } = filesOf(this.place.root);
    // What was stopped is the process that led it into the namespaces; the kubelet itself takes a moment longer.
    await until("the kubelet to end", STOP_MILLISECONDS, async () => {
      return (await processesNaming(kubeletConfig)).length === 0;
    });
  }

  async startKubelet(choices: KubeletChoices = {}): Promise<void> {
    const { gateway } = this.network;
    const { kubeletConfig } = filesOf(this.place.root);
    const [port, healthPort] = await freePorts(2);
    const { authority } = clusterFiles(this.cluster.directory);
    const configuration = kubeletConfiguration({
      address: gateway,
      port: port!,
      healthPort: healthPort!,
      authority,
      cgroup: this.place.cgroup,
      taints: [TAINT],
      ...choices,
    });
    await writeFile(kubeletConfig, JSON.stringify(configuration));
    const started = this.namespaces.spawn("kubelet", this.program, [
      `--config=${kubeletConfig}`,
      `--kubeconfig=${this.cluster.kubeconfigFile}`,
      `--hostname-override=${REAL_NODE}`,
      `--node-ip=${gateway}`,
      `--node-labels=${Object.entries(LABEL)
        .map(label => label.join("="))
        .join(",")}`,
    ]);
    this.#kubelet = started;
    await untilReady(started, READY_MILLISECONDS, () =>
      answers(`http://127.0.0.1:${healthPort}/healthz`, ""),
    );
  }
}

function untilUsable({ clients }: Cluster): Promise<V1Node> {
  return until(`node ${REAL_NODE} to take pods`, READY_MILLISECONDS, async () => {
    const node = await ifFound(clients.core.readNode({ name: REAL_NODE }));
    return node?.spec?.taints?.some(({ key }) => key.startsWith("node.kubernetes.io/")) === false && node;
  });
}
