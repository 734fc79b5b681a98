/**
 * A real Kubernetes control plane on this machine: etcd, API server, controller-manager and scheduler, with
 * KWOK as the kubelet of all nodes, but for in-place resizes, and stand-ins for those and for Tekton's controller.
 */
import { mkdir, mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { kubeClients, type KubeClients } from "../capabilities/kube/client";
import { ensureBinaries } from "./binaries";
import { makeCertificates } from "./certificates";
import { clusterFiles, LOOPBACK_SERVICES } from "./control-plane";
import { copyLogs, makeEvidenceDirectory, writeObjects } from "./evidence";
import { selfContained } from "./given-kubeconfig";
import { startGuard, type Guard } from "./guard";
import { inTurn } from "./in-turn";
import { launchControlPlane } from "./launch";
import type { ManagedProcess } from "./managed-process";
import { applyDefinitions, applyFile } from "./manifests";
import { untilUsable } from "./namespaces";
import { ProcessSet } from "./processes";
import { startStandIn } from "./stand-in";

export interface Cluster {
  readonly name: string;
  /** Holds logs/, the data and the kubeconfig; removed when the cluster stops. */
  readonly directory: string;
  /** Its user may do anything. */
  readonly kubeconfigFile: string;
  readonly clients: KubeClients;
  /**
   * Starts a process that ends with the cluster, and with this process however that ends. It writes to
   * `<directory>/logs/<name>.log`, and KUBECONFIG names this cluster unless `env` says otherwise.
   */
  spawn(name: string, command: string, args: readonly string[], env?: NodeJS.ProcessEnv): ManagedProcess;
  /**
   * Writes Events, pods, nodes, claims, StatefulSets, PipelineRuns and TaskRuns as YAML, and the logs, to a
   * directory below `.testbed/` of the checkout, which stays. Logs are completed when the cluster stops.
   *
   * @returns that directory
   */
  keepEvidence(): Promise<string>;
  /** Processes of the cluster, and what was spawned on it, that run now. */
  running(): readonly ManagedProcess[];
  /** Whether the cluster goes on when this is stopped, so that nothing of ours may be left in it. */
  readonly goesOn: boolean;
  /** Something to end before the processes are stopped, the youngest first. */
  atStop(work: () => Promise<void>): void;
  /**
   * A command that takes away what is no process and lies outside the directory. It is run when every process has
   * gone, also when this process was killed.
   */
  afterwards(command: string, args: readonly string[]): void;
  /**
   * Resolves when every process has gone and the directory is removed. May be called again.
   *
   * @throws Error that names what could not be ended; all else has been
   */
  stop(): Promise<void>;
}

export interface ClusterOptions {
  /** Lower-case letters, digits and dashes; several clusters may have the same. */
  name: string;
  /** Whether PipelineRuns are run, by the stand-in for Tekton's controller; they are defined anyway. Default: true. */
  tektonStandIn?: boolean;
  /** `a.b.c.0/24` and the like. Default: of loopback addresses, which pods in containers cannot reach. */
  serviceRange?: string;
  /** What each program of the control plane keeps to, if it can, as GOMEMLIMIT. Default: 3 GiB, enough for some ten thousand objects. */
  memoryLimit?: string;
}

const CHECKOUT = join(__dirname, "..");
const STORAGE_CLASSES = join(__dirname, "manifests", "storage-classes.yaml");
const TEKTON_STAND_IN = join(__dirname, "tekton-stand-in");
/** For each thing that is to be ended; an uninstallation takes the longest. */
const END_MILLISECONDS = 5 * 60_000;
const CLIENT_OPTIONS = { maxConnections: 64, requestTimeoutMilliseconds: 30_000 };

/**
 * Starts a cluster without nodes, in which Tekton's kinds are defined. The first start on a machine builds the
 * programs, which takes minutes and is told on standard error; others take a few seconds.
 *
 * @throws Error when a program cannot be built or does not become ready; nothing is left running then
 */
export async function startCluster({
  name,
  tektonStandIn = true,
  serviceRange = LOOPBACK_SERVICES,
  memoryLimit = "3GiB",
}: ClusterOptions): Promise<Cluster> {
  if (!/^[a-z0-9-]+$/.test(name)) {
    throw new Error(`the cluster's name "${name}" must be of lower-case letters, digits and dashes`);
  }
  const binaries = await ensureBinaries();
  const directory = await mkdtemp(join(tmpdir(), `testbed-${name}-`));
  const cluster = new ClusterWithProcesses(name, directory, false);
  const { kubeconfigFile, processes } = cluster;
  try {
    await launchControlPlane(
      { name, directory, binaries, processes, serviceRange, memoryLimit },
      {
        define: () => applyDefinitions(kubeconfigFile, join(TEKTON_STAND_IN, "crds.yaml")),
        beside: async () => {
          await Promise.all([
            startStandIn(cluster, "kubelet-stand-in"),
            applyFile(kubeconfigFile, STORAGE_CLASSES),
            ...(tektonStandIn ? [startTektonStandIn(cluster)] : []),
          ]);
        },
      },
    );
    await untilUsable(cluster.clients, "default");
    // Until here the error thrown tells of a failure.
    processes.reportFailures();
    return cluster;
  } catch (error) {
    await stopAfterFailure(cluster);
    throw error;
  }
}

/** What failed first is what is to be thrown. */
export async function stopAfterFailure(started: { stop(): Promise<void> }): Promise<void> {
  await started.stop().catch((error: Error) => process.stderr.write(`test bed: ${error.message}\n`));
}

/**
 * Processes of ours beside a cluster that is there already, for which `kubeconfigFile` is an
 * administrator's. Its API server must be able to call this machine as localhost. `stop` ends the
 * processes; the cluster goes on.
 *
 * @throws Error when the kubeconfig is not complete or the API server does not answer
 */
export async function attachCluster(name: string, kubeconfigFile: string): Promise<Cluster> {
  const kubeconfig = await selfContained(kubeconfigFile);
  const directory = await mkdtemp(join(tmpdir(), `testbed-${name}-`));
  const files = clusterFiles(directory);
  const { authority, serving } = await makeCertificates();
  await Promise.all([
    mkdir(files.logs),
    writeFile(files.kubeconfig, kubeconfig, { mode: 0o600 }),
    writeFile(files.authority, authority),
    writeFile(files.servingCertificate, serving.certificate),
    writeFile(files.servingKey, serving.privateKey, { mode: 0o600 }),
  ]);
  const cluster = new ClusterWithProcesses(name, directory, true);
  try {
    await cluster.clients.core.listNamespace({ limit: 1 });
  } catch (cause) {
    await stopAfterFailure(cluster);
    const { message } = cause as Error;
    throw new Error(`the cluster that ${kubeconfigFile} names does not answer: ${message}`, { cause });
  }
  return cluster;
}

class ClusterWithProcesses implements Cluster {
  readonly kubeconfigFile: string;
  readonly processes: ProcessSet;
  readonly #logs: string;
  readonly #guard: Guard;
  #clients: KubeClients | undefined;
  #evidence: string | undefined;
  #stopped: Promise<void> | undefined;
  readonly #atStop: (() => Promise<void>)[] = [];

  constructor(
    readonly name: string,
    readonly directory: string,
    readonly goesOn: boolean,
  ) {
    const files = clusterFiles(directory);
    this.kubeconfigFile = files.kubeconfig;
    this.#logs = files.logs;
    this.#guard = startGuard(directory);
    this.processes = new ProcessSet(name, files.logs, this.#guard);
  }

  get clients(): KubeClients {
    return (this.#clients ??= kubeClients(CLIENT_OPTIONS, this.kubeconfigFile));
  }

  spawn(name: string, command: string, args: readonly string[], env: NodeJS.ProcessEnv = {}): ManagedProcess {
    const all = { ...process.env, KUBECONFIG: this.kubeconfigFile, ...env };
    return this.processes.start({ name, command, args, env: all, cwd: CHECKOUT });
  }

  async keepEvidence(): Promise<string> {
    this.#evidence ??= await makeEvidenceDirectory(this.name, new Date());
    await writeObjects(this.kubeconfigFile, this.#evidence);
    await copyLogs(this.#logs, this.#evidence);
    return this.#evidence;
  }

  atStop(work: () => Promise<void>): void {
    this.#atStop.unshift(work);
  }

  afterwards(command: string, args: readonly string[]): void {
    this.#guard.afterwards(command, args);
  }

  stop(): Promise<void> {
    return (this.#stopped ??= this.#stop());
  }

  running(): readonly ManagedProcess[] {
    return this.processes.running;
  }

  async #stop(): Promise<void> {
    const evidence = this.#evidence;
    const steps = [
      ...this.#atStop.map(work => ({ what: "end what was started", work })),
      { what: "stop all processes", work: () => this.processes.stopAll() },
      { what: "keep the logs", work: async () => evidence && (await copyLogs(this.#logs, evidence)) },
      { what: "clear up", work: () => this.#guard.release() },
    ];
    await inTurn(steps.map(step => ({ ...step, milliseconds: END_MILLISECONDS })));
  }
}

async function startTektonStandIn(cluster: Cluster): Promise<void> {
  await applyFile(cluster.kubeconfigFile, join(TEKTON_STAND_IN, "feature-flags.yaml"));
  await startStandIn(cluster, "tekton-stand-in");
}
