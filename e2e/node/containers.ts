/** What tests see of containers of the real node, from the inside. */
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import type { V1Pod } from "@kubernetes/client-node";
import type { Cluster } from "../../testbed/cluster";
import { WAIT_MILLISECONDS } from "./on-real-node";

const execute = promisify(execFile);

/** @throws Error with what the command said when it fails */
export async function execIn({ kubeconfigFile }: Cluster, pod: V1Pod, ...command: string[]): Promise<string> {
  const { namespace, name } = pod.metadata!;
  const args = ["exec", "--namespace", namespace!, name!, "--", ...command];
  const env = { ...process.env, KUBECONFIG: kubeconfigFile };
  return (await execute("kubectl", args, { env, timeout: WAIT_MILLISECONDS })).stdout;
}

/** What kubectl says to people, whether it fails or not. */
export async function saidBy({ kubeconfigFile }: Cluster, ...args: string[]): Promise<string> {
  const env = { ...process.env, KUBECONFIG: kubeconfigFile };
  const { stdout, stderr } = await execute("kubectl", args, { env, timeout: WAIT_MILLISECONDS }).catch(
    (error: unknown) => error as { stdout: string; stderr: string },
  );
  return `${stdout}${stderr}`;
}

/** Fields of a process as the kernel has them: `CapEff`, `Seccomp`, `Uid` and the like. */
export async function kernelStatus(cluster: Cluster, pod: V1Pod): Promise<Record<string, string>> {
  const text = await execIn(cluster, pod, "cat", "/proc/1/status");
  const lines = text.trim().split("\n");
  return Object.fromEntries(lines.map(line => line.split(/:\s*/, 2) as [string, string]));
}
