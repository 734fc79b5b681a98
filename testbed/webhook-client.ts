/** The certificate that the API server shows to webhooks, as administrators give it one: any webhook may ask for it. */
import { stringify } from "yaml";
import type { ClusterFiles } from "./control-plane";

/** For --admission-control-config-file. */
export function admissionConfig(kubeConfigFile: string): object {
  const apiVersion = "apiserver.config.k8s.io/v1";
  const configuration = { apiVersion, kind: "WebhookAdmissionConfiguration", kubeConfigFile };
  const names = ["MutatingAdmissionWebhook", "ValidatingAdmissionWebhook"];
  return {
    apiVersion,
    kind: "AdmissionConfiguration",
    plugins: names.map(name => ({ name, configuration })),
  };
}

/**
 * Its users are named for the hosts of webhooks, with the port where that is not 443: `*.svc` would not do here (clientConfig
 * in k8s.io/apiserver/pkg/util/webhook/authentication.go).
 */
export function webhookKubeconfigText(files: ClusterFiles): string {
  const user = {
    "client-certificate": files.administratorCertificate,
    "client-key": files.administratorKey,
  };
  return stringify({ apiVersion: "v1", kind: "Config", users: [{ name: "*", user }] });
}
