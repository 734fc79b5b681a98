/** What the operator's processes use of the machine. */
import { readFile } from "node:fs/promises";
import type { Component } from "../../testbed/operator";
import type { OperatedCluster } from "../operated-cluster";

const PEAK = /^VmHWM:\s+(\d+) kB$/m;

/** Most memory, in MiB, that any process of the component had at once since it started. */
export async function peakMebibytes(operated: OperatedCluster, component: Component): Promise<number> {
  const processes = operated.operator.processes(component);
  const texts = await Promise.all(processes.map(({ pid }) => readFile(`/proc/${pid}/status`, "utf8")));
  return Math.round(Math.max(...texts.map(text => Number(PEAK.exec(text)?.[1] ?? 0))) / 1024);
}
