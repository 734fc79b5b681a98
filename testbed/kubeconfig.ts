/** The kubeconfig of a cluster, with everything inside it. */
import { KubeConfig } from "@kubernetes/client-node";
import { stringify } from "yaml";
import type { ClusterCertificates } from "./certificates";

/** By this prefix of its context a kubeconfig is known to be a test bed's. */
export const CONTEXT_PREFIX = "testbed-";

/** YAML text that kubectl and every client read; its user may do anything. */
export function kubeconfigText(
  clusterName: string,
  server: string,
  certificates: ClusterCertificates,
): string {
  const { authority, administrator } = certificates;
  const name = `${CONTEXT_PREFIX}${clusterName}`;
  return stringify({
    apiVersion: "v1",
    kind: "Config",
    clusters: [{ name, cluster: { server, "certificate-authority-data": base64(authority) } }],
    users: [
      {
        name: "admin",
        user: {
          "client-certificate-data": base64(administrator.certificate),
          "client-key-data": base64(administrator.privateKey),
        },
      },
    ],
    contexts: [{ name, context: { cluster: name, user: "admin" } }],
    "current-context": name,
  });
}

/** @throws Error when the file cannot be read or is no kubeconfig */
export function readKubeConfig(file: string): KubeConfig {
  const kubeConfig = new KubeConfig();
  kubeConfig.loadFromFile(file);
  return kubeConfig;
}

function base64(text: string): string {
  return Buffer.from(text).toString("base64");
}
