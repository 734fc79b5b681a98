/** What is kept of a run that failed: the objects of the cluster and the logs of its processes. */
import { cp, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { KubernetesObjectApi } from "@kubernetes/client-node";
import { stringify } from "yaml";
import { readKubeConfig } from "./kubeconfig";

/** Kept in the checkout, where a person looks and CI collects; git ignores it. */
export const EVIDENCE_ROOT = join(__dirname, "..", ".testbed");

const KINDS = [
  { apiVersion: "v1", kind: "Event", file: "events" },
  { apiVersion: "v1", kind: "Pod", file: "pods" },
  { apiVersion: "v1", kind: "Node", file: "nodes" },
  { apiVersion: "v1", kind: "PersistentVolumeClaim", file: "persistentvolumeclaims" },
  { apiVersion: "apps/v1", kind: "StatefulSet", file: "statefulsets" },
  { apiVersion: "tekton.dev/v1", kind: "PipelineRun", file: "pipelineruns" },
  { apiVersion: "tekton.dev/v1", kind: "TaskRun", file: "taskruns" },
] as const;

/** A directory for the evidence of one run, named by cluster and time. */
export async function makeEvidenceDirectory(clusterName: string, now: Date): Promise<string> {
  const stamp = now.toISOString().replace(/[:.]/g, "-");
  const directory = join(EVIDENCE_ROOT, `${clusterName}-${stamp}`);
  await mkdir(directory, { recursive: true });
  return directory;
}

/**
 * Writes one YAML file for each kind. A kind that cannot be listed (its CRD is not there, or the API server is
 * gone) gets a file that says why: evidence must not fail for being incomplete.
 */
export async function writeObjects(kubeconfigFile: string, directory: string): Promise<void> {
  const api = KubernetesObjectApi.makeApiClient(readKubeConfig(kubeconfigFile));
  await Promise.all(
    KINDS.map(async ({ apiVersion, kind, file }) => {
      const text = await api.list(apiVersion, kind).then(
        ({ items }) => stringify({ apiVersion: "v1", kind: "List", items }, { aliasDuplicateObjects: false }),
        (error: unknown) => `# ${kind}s could not be listed: ${String(error).replace(/\n/g, "\n# ")}\n`,
      );
      await writeFile(join(directory, `${file}.yaml`), text);
    }),
  );
}

/** Copies the logs as they are now; to be called again once the processes have ended. */
export async function copyLogs(logs: string, directory: string): Promise<void> {
  await cp(logs, join(directory, "logs"), { recursive: true });
}

/** For who fails after an hour. */
export async function tellEvidence(cluster: { keepEvidence(): Promise<string> }): Promise<void> {
  console.error(`Logs and objects are in ${await cluster.keepEvidence()}`);
}
