/** The life of clusters: start, several at once, a driver that is killed, evidence, failures. */
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { parse, stringify } from "yaml";
import { ensureBinaries, type Binaries } from "./binaries";
import { attachCluster, startCluster, type Cluster } from "./cluster";
import { deleteObjects } from "./manifests";
import { addNode } from "./nodes";
import { processesNaming } from "./process-list";
import { PROGRAMS } from "./programs";
import { until } from "./until";

const BUILD_MILLISECONDS = 20 * 60_000; // The first start builds the programs.
const TEST_MILLISECONDS = 400_000;
const WAIT_MILLISECONDS = 120_000;

let binaries: Binaries;

beforeAll(async () => {
  binaries = await ensureBinaries();
}, BUILD_MILLISECONDS);

const DEFINITION = { apiVersion: "apiextensions.k8s.io/v1", kind: "CustomResourceDefinition" };

describe("one cluster", () => {
  let cluster: Cluster;

  afterAll(() => cluster?.stop(), TEST_MILLISECONDS);

  test(
    "starts, has nodes, keeps evidence and leaves nothing",
    async () => {
      const start = Date.now();
      cluster = await startCluster({ name: "cluster-test", tektonStandIn: false });
      process.stderr.write(`cluster ready after ${Date.now() - start} ms\n`);
      await addNode(cluster.clients, { name: "node-1" });
      const undefinedKind = { ...DEFINITION, metadata: { name: "pipelineruns.tekton.dev" } };
      await deleteObjects(cluster.kubeconfigFile, [undefinedKind]);

      const evidence = await cluster.keepEvidence();
      try {
        const stop = Date.now();
        await cluster.stop();
        process.stderr.write(`cluster gone after ${Date.now() - stop} ms\n`);
        expect(await processesNaming(cluster.directory)).toEqual([]);
        expect(existsSync(cluster.directory)).toBe(false);
        expect(await readFile(join(evidence, "nodes.yaml"), "utf8")).toContain("name: node-1");
        expect(await readFile(join(evidence, "pipelineruns.yaml"), "utf8")).toContain("could not be listed");
        for (const program of PROGRAMS) {
          expect(existsSync(join(evidence, "logs", `${program}.log`))).toBe(true);
        }
      } finally {
        await rm(evidence, { recursive: true });
      }
    },
    TEST_MILLISECONDS,
  );
});

describe("two clusters", () => {
  const clusters: Cluster[] = [];

  afterAll(() => Promise.all(clusters.map(cluster => cluster.stop())), TEST_MILLISECONDS);

  test(
    "of one name live side by side",
    async () => {
      const start = () => startCluster({ name: "twin", tektonStandIn: false });
      clusters.push(...(await Promise.all([start(), start()])));
      await addNode(clusters[0].clients, { name: "only-in-the-first" });
      expect((await clusters[1].clients.core.listNode()).items).toEqual([]);
    },
    TEST_MILLISECONDS,
  );

  describe("one of which is there already", () => {
    /** As minikube writes it: certificates and key in files beside it. */
    async function withFiles(directory: string, server?: string): Promise<string> {
      const config = parse(await readFile(clusters[0].kubeconfigFile, "utf8")) as GivenKubeConfig;
      const { cluster } = config.clusters[0]!;
      const { user } = config.users[0]!;
      const move = async (from: Record<string, string>, field: string) => {
        await writeFile(join(directory, field), Buffer.from(from[`${field}-data`]!, "base64"));
        delete from[`${field}-data`];
        from[field] = field;
      };
      await move(cluster, "certificate-authority");
      await move(user, "client-certificate");
      await move(user, "client-key");
      if (server !== undefined) cluster["server"] = server;
      const file = join(directory, "config");
      await writeFile(file, stringify(config));
      return file;
    }

    let files: string;
    beforeAll(async () => {
      files = await mkdtemp(join(tmpdir(), "given-"));
    });
    afterAll(() => rm(files, { recursive: true }));

    test(
      "is attached to by a kubeconfig that names files, left alone, and goes on when something cannot be ended",
      async () => {
        const attached = await attachCluster("given", await withFiles(files));
        const { items } = await attached.clients.core.listNode();
        expect(items.map(({ metadata }) => metadata?.name)).toEqual(["only-in-the-first"]);
        const started = attached.spawn("sleeper", "sleep", ["600"]);
        attached.atStop(() => Promise.reject(new Error("it is stuck")));
        await expect(attached.stop()).rejects.toThrow("could not end what was started: it is stuck");
        expect([started.hasExited(), existsSync(attached.directory)]).toEqual([true, false]);
        expect((await clusters[0].clients.core.listNode()).items).toHaveLength(1);
      },
      TEST_MILLISECONDS,
    );

    test(
      "and does not answer: that is said at once",
      async () => {
        const file = await withFiles(files, "https://localhost:1");
        await expect(attachCluster("given", file)).rejects.toThrow(
          `the cluster that ${file} names does not answer`,
        );
      },
      TEST_MILLISECONDS,
    );
  });
});

interface GivenKubeConfig {
  clusters: { cluster: Record<string, string> }[];
  users: { user: Record<string, string> }[];
}

test(
  "a driver that is killed leaves no process and no directory",
  async () => {
    const script = `
      const { startCluster } = require("./testbed/cluster");
      startCluster({ name: "killed", tektonStandIn: false }).then(cluster => {
        cluster.spawn("stubborn", "sh", ["-c", "trap '' TERM; while true; do sleep 1; done", cluster.directory]);
        console.log(cluster.directory);
      });`;
    const driver = spawn(process.execPath, ["--import", "tsx", "-e", script], {
      cwd: join(__dirname, ".."),
      stdio: ["ignore", "pipe", "inherit"],
    });
    let output = "";
    try {
      driver.stdout.setEncoding("utf8").on("data", (text: string) => (output += text));
      const directory = await until("the driver's cluster", TEST_MILLISECONDS, async () => {
        return output.endsWith("\n") && output.trim();
      });
      // Beside the programs the kubelet's stand-in and `stubborn`. Seldom there is one more for an instant: a shell
      // that is about to become a `sleep`.
      await until("its processes", WAIT_MILLISECONDS, async () => {
        return (await processesNaming(directory)).length === PROGRAMS.length + 2;
      });
      driver.kill("SIGKILL");
      await until("its processes to be gone", WAIT_MILLISECONDS, async () => {
        return (await processesNaming(directory)).length === 0;
      });
      await until("its directory to be gone", WAIT_MILLISECONDS, async () => !existsSync(directory));
    } finally {
      driver.kill("SIGKILL"); // Where a step above has failed.
    }
  },
  2 * TEST_MILLISECONDS,
);

test(
  "a program that does not start is named, with the end of its log",
  async () => {
    const assets = await mkdtemp(join(tmpdir(), "assets-"));
    for (const program of PROGRAMS) await symlink(binaries[program], join(assets, program));
    await rm(join(assets, "kube-scheduler"));
    const broken = "#!/bin/sh\necho cannot schedule today\nexit 3\n";
    await writeFile(join(assets, "kube-scheduler"), broken, { mode: 0o755 });
    const before = process.env.KUBEBUILDER_ASSETS;
    process.env.KUBEBUILDER_ASSETS = assets;
    try {
      await expect(startCluster({ name: "broken", tektonStandIn: false })).rejects.toThrow(
        /kube-scheduler ended while starting \(exit code 3\)[^]*cannot schedule today/,
      );
      expect(await processesNaming("testbed-broken-")).toEqual([]);
    } finally {
      if (before === undefined) delete process.env.KUBEBUILDER_ASSETS;
      else process.env.KUBEBUILDER_ASSETS = before;
      await rm(assets, { recursive: true });
    }
  },
  TEST_MILLISECONDS,
);

test("a name that is no directory's is refused", async () => {
  await expect(startCluster({ name: "../up" })).rejects.toThrow(/lower-case letters/);
});
