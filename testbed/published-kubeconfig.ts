/** The kubeconfig that a person's kubectl uses: at a place that stays the same from one test bed to the next. */
import { existsSync } from "node:fs";
import { chmod, copyFile, mkdir, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { KubeConfig } from "@kubernetes/client-node";
import { CONTEXT_PREFIX } from "./kubeconfig";
import { answers } from "./probe";

/**
 * Refuses a place that holds something of value: a kubeconfig that is no test bed's, or that of a test bed
 * which is up.
 *
 * @throws Error that says what to do instead
 */
export async function checkFree(path: string): Promise<void> {
  if (!existsSync(path)) return;
  const kubeConfig = new KubeConfig();
  try {
    kubeConfig.loadFromFile(path);
  } catch (cause) {
    throw new Error(`${path} exists and is no kubeconfig; name another file with --kubeconfig`, { cause });
  }
  if (!kubeConfig.getContexts().every(({ name }) => name.startsWith(CONTEXT_PREFIX))) {
    throw new Error(`${path} names other clusters than a test bed; name another file with --kubeconfig`);
  }
  const cluster = kubeConfig.getCurrentCluster();
  const authority = Buffer.from(cluster?.caData ?? "", "base64").toString();
  if (cluster && (await answers(`${cluster.server}/readyz`, authority))) {
    throw new Error(`a test bed is up with ${path}; use it, or start another one with --kubeconfig FILE`);
  }
}

/** Copies a cluster's kubeconfig to that place, readable by this user alone. */
export async function publish(source: string, path: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await copyFile(source, path);
  await chmod(path, 0o600);
}

/** Removes it, so that nobody talks to a cluster that is no more. */
export async function withdraw(path: string): Promise<void> {
  await rm(path, { force: true });
}
