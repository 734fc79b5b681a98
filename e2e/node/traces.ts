/** What a real node would leave on the machine: processes, mounts, links and cgroups. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { V1Pod } from "@kubernetes/client-node";
import { placeOf } from "../../testbed/real-node/files";

const CGROUPS = "/sys/fs/cgroup";

/** Empty for a process that has gone meanwhile. */
function read(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}

/** Paths of the node's cgroup, one for each hierarchy. */
function cgroupsOf(clusterDirectory: string): string[] {
  const { cgroup } = placeOf(clusterDirectory);
  return [".", ...readdirSync(CGROUPS)].map(path => join(CGROUPS, path, cgroup)).filter(existsSync);
}

/** Everything that there is of a cluster's real node, in words. */
export function tracesOf(clusterDirectory: string): string[] {
  const { cgroup, bridge } = placeOf(clusterDirectory);
  const processes = readdirSync("/proc").filter(
    name =>
      /^\d+$/.test(name) &&
      (read(`/proc/${name}/cgroup`).includes(cgroup) ||
        read(`/proc/${name}/cmdline`).includes(clusterDirectory)),
  );
  const mounts = read("/proc/self/mountinfo").split("\n");
  return [
    ...processes.map(id => `process ${id}`),
    ...mounts.filter(line => line.includes(clusterDirectory)).map(line => `mount ${line}`),
    ...(existsSync(`/sys/class/net/${bridge}`) ? [`link ${bridge}`] : []),
    ...cgroupsOf(clusterDirectory).map(path => `cgroup ${path}`),
    ...(existsSync(clusterDirectory) ? [`directory ${clusterDirectory}`] : []),
  ];
}

/** Ends on this machine of the links to the pods that run now. They hang on the bridge, and would outlive it. */
export const podLinks = (clusterDirectory: string): string[] =>
  readdirSync(`/sys/class/net/${placeOf(clusterDirectory).bridge}/brif`);

export const areThere = (links: readonly string[]): string[] =>
  links.filter(name => existsSync(`/sys/class/net/${name}`));

/** Of a pod's first container, one for each hierarchy; none when it has ended. */
function cgroupsOfContainer(clusterDirectory: string, pod: V1Pod): string[] {
  const id = pod.status!.containerStatuses![0]!.containerID!.split("//")[1]!;
  return cgroupsOf(clusterDirectory).flatMap(root =>
    readdirSync(root, { recursive: true, encoding: "utf8" })
      .filter(path => path.endsWith(`/${id}`))
      .map(path => join(root, path)),
  );
}

/** Whether a pod's first container runs on this machine, whatever the API server knows of it. */
export const isThere = (clusterDirectory: string, pod: V1Pod): boolean =>
  cgroupsOfContainer(clusterDirectory, pod).length > 0;

/** How much of the processor the kernel gives a pod's first container, beside others: it grows with its request. */
export function cpuWeight(clusterDirectory: string, pod: V1Pod): number {
  const weights = cgroupsOfContainer(clusterDirectory, pod).map(
    path => read(join(path, "cpu.shares")) || read(join(path, "cpu.weight")),
  );
  const weight = weights.find(text => text !== "");
  if (weight === undefined) throw new Error("the container has no cgroup with a share of the processor");
  return Number(weight);
}
