/** How the programs of one cluster are called. Pure: paths and ports in, arguments out. */
import { join } from "node:path";
import type { Program } from "./programs";

export interface Ports {
  etcd: number;
  etcdPeers: number;
  apiServer: number;
  controllerManager: number;
  scheduler: number;
  kwok: number;
}

/** Files of a cluster, all below its directory. */
export function clusterFiles(directory: string) {
  return {
    logs: join(directory, "logs"),
    etcdData: join(directory, "etcd"),
    authority: join(directory, "ca.crt"),
    servingCertificate: join(directory, "apiserver.crt"),
    servingKey: join(directory, "apiserver.key"),
    serviceAccountPublicKey: join(directory, "service-accounts.pub"),
    serviceAccountPrivateKey: join(directory, "service-accounts.key"),
    administratorCertificate: join(directory, "administrator.crt"),
    administratorKey: join(directory, "administrator.key"),
    kubeconfig: join(directory, "kubeconfig"),
    admissionConfig: join(directory, "admission-config.json"),
    webhookKubeconfig: join(directory, "webhook-kubeconfig"),
    auditPolicy: join(directory, "audit-policy.json"),
    auditLog: join(directory, "audit.log"),
  };
}

export type ClusterFiles = ReturnType<typeof clusterFiles>;

/** Every Service gets a loopback address, so a local process can listen where the API server calls a webhook. */
export const LOOPBACK_SERVICES = "127.96.0.0/16";
const LOOPBACK = "127.0.0.1";

/** The client-side limits of the controllers would otherwise be what a benchmark measures. */
const CLIENT_LIMITS = ["--kube-api-qps=500", "--kube-api-burst=1000"];

/**
 * Arguments of each program.
 *
 * @param kwokFiles KWOK's configuration and stages
 * @param serviceRange of the addresses of Services
 */
export function programArguments(
  files: ClusterFiles,
  ports: Ports,
  kwokFiles: readonly string[],
  serviceRange: string,
): Record<Program, string[]> {
  return {
    etcd: etcdArguments(files, ports),
    "kube-apiserver": apiServerArguments(files, ports, serviceRange),
    "kube-controller-manager": [
      ...controllerArguments(files, ports.controllerManager),
      `--service-account-private-key-file=${files.serviceAccountPrivateKey}`,
      `--root-ca-file=${files.authority}`,
      // As kubeadm has it: each controller has an account of its own, which admission policies can tell from others.
      "--use-service-account-credentials=true",
      // A history is kept for as long as its TaskRuns are, however long it is.
      "--terminated-pod-gc-threshold=0",
    ],
    "kube-scheduler": controllerArguments(files, ports.scheduler),
    kwok: [
      `--kubeconfig=${files.kubeconfig}`,
      `--config=${kwokFiles.join(",")}`,
      `--node-ip=${LOOPBACK}`,
      `--server-address=${LOOPBACK}:${ports.kwok}`,
    ],
  };
}

/** Where each program answers when it is ready. */
export function readinessUrls(ports: Ports): Record<Program, string> {
  return {
    etcd: `http://${LOOPBACK}:${ports.etcd}/health`,
    "kube-apiserver": `https://${LOOPBACK}:${ports.apiServer}/readyz`,
    "kube-controller-manager": `https://${LOOPBACK}:${ports.controllerManager}/healthz`,
    "kube-scheduler": `https://${LOOPBACK}:${ports.scheduler}/readyz`,
    kwok: `http://${LOOPBACK}:${ports.kwok}/healthz`,
  };
}

function etcdArguments(files: ClusterFiles, ports: Ports): string[] {
  const clients = `http://${LOOPBACK}:${ports.etcd}`;
  const peers = `http://${LOOPBACK}:${ports.etcdPeers}`;
  return [
    "--name=testbed",
    `--data-dir=${files.etcdData}`,
    `--listen-client-urls=${clients}`,
    `--advertise-client-urls=${clients}`,
    `--listen-peer-urls=${peers}`,
    `--initial-advertise-peer-urls=${peers}`,
    `--initial-cluster=testbed=${peers}`,
    // Its data is thrown away: a power cut may cost it.
    "--unsafe-no-fsync",
    // Old versions are kept for five minutes: thousands of runs that come and go are more than the default of 2 GiB.
    "--quota-backend-bytes=8589934592",
    "--log-level=warn",
  ];
}

/** The API server gives the Service `kubernetes` the first address. */
export const apiServiceAddress = (serviceRange: string): string => serviceRange.replace(/\.\d+\/\d+$/, ".1");

function apiServerArguments(files: ClusterFiles, ports: Ports, serviceRange: string): string[] {
  return [
    `--etcd-servers=http://${LOOPBACK}:${ports.etcd}`,
    `--bind-address=${LOOPBACK}`,
    `--secure-port=${ports.apiServer}`,
    `--tls-cert-file=${files.servingCertificate}`,
    `--tls-private-key-file=${files.servingKey}`,
    `--client-ca-file=${files.authority}`,
    `--service-cluster-ip-range=${serviceRange}`,
    // Endpoints must not be loopback addresses, so the API server cannot list itself.
    "--endpoint-reconciler-type=none",
    // For logs and exec; only a real node has a kubelet to ask.
    `--kubelet-client-certificate=${files.administratorCertificate}`,
    `--kubelet-client-key=${files.administratorKey}`,
    "--kubelet-preferred-address-types=InternalIP",
    "--authorization-mode=Node,RBAC",
    "--allow-privileged=true",
    "--service-account-issuer=https://kubernetes.default.svc",
    `--service-account-key-file=${files.serviceAccountPublicKey}`,
    `--service-account-signing-key-file=${files.serviceAccountPrivateKey}`,
    `--admission-control-config-file=${files.admissionConfig}`,
    `--audit-policy-file=${files.auditPolicy}`,
    `--audit-log-path=${files.auditLog}`,
    "--audit-log-mode=blocking",
  ];
}

function controllerArguments(files: ClusterFiles, port: number): string[] {
  return [
    `--kubeconfig=${files.kubeconfig}`,
    `--bind-address=${LOOPBACK}`,
    `--secure-port=${port}`,
    `--tls-cert-file=${files.servingCertificate}`,
    `--tls-private-key-file=${files.servingKey}`,
    "--authorization-always-allow-paths=/healthz,/readyz,/livez,/metrics",
    "--leader-elect=false",
    ...CLIENT_LIMITS,
  ];
}
