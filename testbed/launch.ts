/** Brings up the control plane and KWOK; everything that can be is started at once. */
import { mkdir, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { auditPolicy } from "./audit";
import { makeCertificates, type ClusterCertificates } from "./certificates";
import {
  apiServiceAddress,
  clusterFiles,
  programArguments,
  readinessUrls,
  type ClusterFiles,
  type Ports,
} from "./control-plane";
import { kubeconfigText } from "./kubeconfig";
import { untilReady, type ManagedProcess } from "./managed-process";
import { OPERATOR_NAMESPACE } from "./operator-names";
import { freePorts } from "./ports";
import { answers } from "./probe";
import type { ProcessSet } from "./processes";
import type { Binaries } from "./binaries";
import type { Program } from "./programs";
import { admissionConfig, webhookKubeconfigText } from "./webhook-client";

/** Far more than is needed on an idle machine (3 s for all), for one that is busy. */
const READY_MILLISECONDS = 180_000;
const KWOK_DIRECTORY = join(__dirname, "kwok");

/** Work on the API server while the cluster starts. */
export interface LaunchSteps {
  /**
   * Done before the controllers start. Kinds that are defined later are not known to the garbage collector for up
   * to 30 s: it looks for new ones so rarely, and until then deletes nothing that such an object owns.
   */
  define(): Promise<void>;
  /** Runs beside the start of the controllers. */
  beside(): Promise<void>;
}

/**
 * Starts the API server and what it needs, then, as soon as it is ready, all others.
 *
 * @throws Error with the end of the log of the program that failed
 */
export async function launchControlPlane(
  cluster: {
    name: string;
    directory: string;
    binaries: Binaries;
    processes: ProcessSet;
    serviceRange: string;
    /** Of each program, as GOMEMLIMIT: from there on it spends the processor instead. */
    memoryLimit: string;
  },
  steps: LaunchSteps,
): Promise<void> {
  const { name, directory, binaries, processes, serviceRange, memoryLimit } = cluster;
  const files = clusterFiles(directory);
  const [ports, certificates, kwokFiles] = await Promise.all([
    choosePorts(),
    makeCertificates([apiServiceAddress(serviceRange)]),
    listKwokFiles(),
    mkdir(files.logs, { recursive: true }),
  ]);
  await writeFiles(name, files, ports, certificates);
  const args = programArguments(files, ports, kwokFiles, serviceRange);
  const urls = readinessUrls(ports);
  const start = (program: Program): ManagedProcess =>
    processes.start({
      name: program,
      command: binaries[program],
      args: args[program],
      // Nothing of the user's: no proxy, no kubeconfig. Memory is spent to spare the processor: all are in Go.
      env: { PATH: process.env.PATH, HOME: directory, GOGC: "400", GOMEMLIMIT: memoryLimit },
      cwd: directory,
    });
  const ready = async (program: Program): Promise<void> =>
    untilReady(start(program), READY_MILLISECONDS, () => answers(urls[program], certificates.authority));

  // The API server retries until etcd answers; were etcd to fail, its own log is the one to show.
  await Promise.all([ready("etcd"), ready("kube-apiserver")]);
  await steps.define();
  const others: Program[] = ["kube-controller-manager", "kube-scheduler", "kwok"];
  await Promise.all([...others.map(ready), steps.beside()]);
}

async function choosePorts(): Promise<Ports> {
  const [etcd, etcdPeers, apiServer, controllerManager, scheduler, kwok] = await freePorts(6);
  return { etcd, etcdPeers, apiServer, controllerManager, scheduler, kwok };
}

async function listKwokFiles(): Promise<string[]> {
  const names = await readdir(KWOK_DIRECTORY);
  return names.sort().map(name => join(KWOK_DIRECTORY, name));
}

async function writeFiles(
  name: string,
  files: ClusterFiles,
  ports: Ports,
  certificates: ClusterCertificates,
): Promise<void> {
  const { authority, serving, administrator, serviceAccounts } = certificates;
  const server = `https://localhost:${ports.apiServer}`;
  const write = (path: string, text: string) => writeFile(path, text, { mode: 0o600 });
  await Promise.all([
    write(files.authority, authority),
    write(files.servingCertificate, serving.certificate),
    write(files.servingKey, serving.privateKey),
    write(files.serviceAccountPublicKey, serviceAccounts.publicKey),
    write(files.serviceAccountPrivateKey, serviceAccounts.privateKey),
    write(files.administratorCertificate, administrator.certificate),
    write(files.administratorKey, administrator.privateKey),
    write(files.kubeconfig, kubeconfigText(name, server, certificates)),
    write(files.admissionConfig, JSON.stringify(admissionConfig(files.webhookKubeconfig))),
    write(files.webhookKubeconfig, webhookKubeconfigText(files)),
    write(files.auditPolicy, JSON.stringify(auditPolicy(OPERATOR_NAMESPACE))),
  ]);
}
