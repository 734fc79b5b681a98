/** `npm run testbed` as a person uses it. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { kubeClients } from "../capabilities/kube/client";
import { ensureBinaries } from "./binaries";
import { processesNaming } from "./process-list";
import { checkFree } from "./published-kubeconfig";
import { until } from "./until";

const BUILD_MILLISECONDS = 20 * 60_000; // The first start builds the programs.
const TEST_MILLISECONDS = 400_000;
const START_MILLISECONDS = 180_000;

let directory: string;

beforeAll(async () => {
  await ensureBinaries();
  directory = await mkdtemp(join(tmpdir(), "main-test-"));
}, BUILD_MILLISECONDS);

afterAll(() => rm(directory, { recursive: true }));

function testbed(...args: string[]) {
  const child = spawn(process.execPath, ["--import", "tsx", join(__dirname, "main.ts"), ...args]);
  let output = "";
  const collect = (text: string) => (output += text);
  child.stdout.setEncoding("utf8").on("data", collect);
  child.stderr.setEncoding("utf8").on("data", collect);
  return { child, exited: once(child, "close"), output: () => output };
}

test(
  "is up until SIGTERM, with a kubeconfig that works, and leaves nothing",
  async () => {
    const kubeconfigFile = join(directory, "kubeconfig");
    const { child, exited, output } = testbed("--nodes", "2", "--kubeconfig", kubeconfigFile);
    try {
      const logs = await until("the instructions", START_MILLISECONDS, async () => {
        if (child.exitCode !== null) throw new Error(output());
        return /^Logs are in (\S+)$/m.exec(output())?.[1];
      });
      const clients = kubeClients({ maxConnections: 1, requestTimeoutMilliseconds: 5_000 }, kubeconfigFile);
      expect((await clients.core.listNode()).items).toHaveLength(2);
      await expect(checkFree(kubeconfigFile)).rejects.toThrow(/a test bed is up with/);
      child.kill("SIGTERM");
      expect(await exited).toEqual([0, null]);
      expect(await processesNaming(join(logs, ".."))).toEqual([]);
      expect(existsSync(kubeconfigFile)).toBe(false);
    } finally {
      child.kill("SIGKILL"); // Where a step above has failed.
    }
  },
  TEST_MILLISECONDS,
);

test(
  "says how it is called when it is called wrongly",
  async () => {
    const { exited, output } = testbed("--fast");
    expect(await exited).toEqual([2, null]);
    expect(output()).toMatch(/Unknown option '--fast'[^]*--nodes N/);
  },
  TEST_MILLISECONDS,
);
