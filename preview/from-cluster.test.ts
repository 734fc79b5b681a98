/** Against an API server that only knows what is in a map. */
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, expect, test } from "@jest/globals";
import { SETTINGS } from "../capabilities/testing/builders";
import { completed, namespaceOf } from "./from-cluster";
import { chooseRun, parseManifest } from "./manifest";
import { previewOf } from "./preview";
import { storedRun } from "./stored-run";
import { surroundingsIn } from "./surroundings";
import { runText } from "./testing";

const directory = mkdtempSync(join(tmpdir(), "preview-"));
const kubeconfigFile = join(directory, "kubeconfig");
const objects = new Map<string, object>();
let asked: string[] = [];
let server: Server;

beforeAll(async () => {
  server = createServer(({ url }, response) => {
    const path = url!.split("?")[0]!;
    asked.push(path);
    const object = objects.get(path) ?? { kind: "Status", code: 404, message: "not found" };
    const { code = 200 } = object as { code?: number };
    response.writeHead(code, { "Content-Type": "application/json" }).end(JSON.stringify(object));
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const config = {
    clusters: [{ name: "c", cluster: { server: url, "insecure-skip-tls-verify": true } }],
    users: [{ name: "u", user: {} }],
    contexts: [{ name: "x", context: { cluster: "c", user: "u", namespace: "ci" } }],
    "current-context": "x",
  };
  writeFileSync(kubeconfigFile, JSON.stringify(config));
});

afterAll(() => {
  server.closeAllConnections();
  server.close();
  rmSync(directory, { recursive: true });
});

const TEKTON = "/apis/tekton.dev/v1/namespaces/ci";
const CONFIG_DEFAULTS = "/api/v1/namespaces/tekton-pipelines/configmaps/config-defaults";
const FEATURE_FLAGS = "/api/v1/namespaces/tekton-pipelines/configmaps/feature-flags";
const LIMIT_RANGES = "/api/v1/namespaces/ci/limitranges";
const QUOTAS = "/api/v1/namespaces/ci/resourcequotas";

beforeEach(() => {
  asked = [];
  objects.clear();
  objects.set(LIMIT_RANGES, { items: [] });
  objects.set(QUOTAS, { items: [] });
});

async function preview(...documents: string[]) {
  const parsed = parseManifest(documents.join("\n---\n"));
  const stored = storedRun(chooseRun(parsed, undefined), namespaceOf(kubeconfigFile));
  const inFile = surroundingsIn(parsed, stored.run.metadata.namespace);
  return previewOf(stored, await completed(inFile, stored, kubeconfigFile, SETTINGS), SETTINGS);
}

const step = (cpu: string) => ({ steps: [{ computeResources: { requests: { cpu } } }] });
const byName = (name: string) => ({ pipelineSpec: undefined, pipelineRef: { name } });

test("definitions are followed from one to the next, and read once", async () => {
  objects.set(`${TEKTON}/pipelines/outer`, {
    spec: {
      tasks: [
        { name: "a", taskRef: { name: "t" } },
        { name: "b", pipelineRef: { name: "inner" } },
      ],
    },
  });
  objects.set(`${TEKTON}/pipelines/inner`, { spec: { tasks: [{ name: "c", taskRef: { name: "t" } }] } });
  objects.set(`${TEKTON}/tasks/t`, { spec: step("2") });
  const { peak, peakTasks, notes } = await preview(runText({ spec: byName("outer") }));
  expect({ peak, peakTasks, notes }).toEqual({
    peak: { cpu: "4" },
    peakTasks: { cpu: ["a", "b/c"] },
    notes: [],
  });
  expect(asked.filter(path => path.endsWith("/tasks/t"))).toHaveLength(1);
});

test("LimitRanges, the namespace's opt-in, overhead and priorities are read", async () => {
  const limits = [{ type: "Container", defaultRequest: { cpu: "300m" } }];
  objects.set(LIMIT_RANGES, { items: [{ spec: { limits } }] });
  const labels = { "tekton.dev/custom-pod-affinity": "true" };
  objects.set("/api/v1/namespaces/ci", { metadata: { labels } });
  objects.set("/apis/node.k8s.io/v1/runtimeclasses/kata", { overhead: { podFixed: { cpu: "250m" } } });
  objects.set("/apis/scheduling.k8s.io/v1/priorityclasses", {
    items: [{ metadata: { name: "high" }, value: 2 }],
  });
  const spec = {
    taskRunTemplate: { podTemplate: { runtimeClassName: "kata", priorityClassName: "low" } },
    taskRunSpecs: [{ pipelineTaskName: "a", podTemplate: { priorityClassName: "high" } }],
    pipelineSpec: { tasks: ["a", "b"].map(name => ({ name, taskSpec: { steps: [{ name: "s" }] } })) },
  };
  const { admission, peak, placeholder, notes } = await preview(runText({ metadata: { labels: {} }, spec }));
  expect({ outcome: admission.outcome, peak, notes }).toEqual({
    outcome: "held",
    peak: { cpu: "1100m" },
    notes: [],
  });
  expect(placeholder!.spec!.template.spec!.priorityClassName).toBe("pipelinerun-pod-affinity-2");
});

test("what the file holds is not asked for", async () => {
  const task = { apiVersion: "tekton.dev/v1", kind: "Task", metadata: { name: "t" }, spec: step("1") };
  const range = { apiVersion: "v1", kind: "LimitRange", metadata: { name: "l" }, spec: { limits: [] } };
  const quota = { apiVersion: "v1", kind: "ResourceQuota", metadata: { name: "q" }, spec: { hard: {} } };
  const pipelineSpec = { tasks: [{ name: "a", taskRef: { name: "t" } }] };
  const inFile = [task, range, quota].map(object => JSON.stringify(object));
  await preview(...inFile, runText({ spec: { pipelineSpec } }));
  expect(asked).toEqual([CONFIG_DEFAULTS, FEATURE_FLAGS]);
});

test("quotas, as they are used, and volumes of claims are read", async () => {
  objects.set(QUOTAS, {
    items: [{ metadata: { name: "q" }, status: { hard: { pods: "5" }, used: { pods: "4" } } }],
  });
  const zones = new Map([
    ["one", "a"],
    ["two", "b"],
  ]);
  for (const [name, zone] of zones) {
    const expression = { key: "zone", operator: "In", values: [zone] };
    const required = { nodeSelectorTerms: [{ matchExpressions: [expression] }] };
    objects.set(`/api/v1/namespaces/ci/persistentvolumeclaims/${name}`, {
      spec: { volumeName: `pv-${name}` },
    });
    objects.set(`/api/v1/persistentvolumes/pv-${name}`, { spec: { nodeAffinity: { required } } });
  }
  const workspaces = [...zones.keys()].map(claimName => ({
    name: claimName,
    persistentVolumeClaim: { claimName },
  }));
  const tasks = [{ name: "a", workspaces: [{ name: "one" }, { name: "two" }], taskSpec: step("1") }];
  const { problems } = await preview(runText({ spec: { workspaces, pipelineSpec: { tasks } } }));
  expect(problems).toEqual([
    expect.stringMatching(/held for 1h, and then be cancelled.*zone=a .*claim one.*zone=b .*claim two/),
    expect.stringMatching(/exceeded quota: q, used: pods=4, limited: pods=5/),
  ]);
});

test("nodes are read where the run depends on them, and else not", async () => {
  const node = (zone: string, arch: string) => ({
    metadata: { name: zone + arch, labels: { zone, arch } },
    status: { allocatable: { cpu: "4", memory: "8Gi" } },
  });
  objects.set("/api/v1/nodes", { items: [node("1", "amd64"), node("2", "amd64"), node("2", "arm64")] });
  const tasks = ["a", "b"].map(name => ({ name, taskSpec: step("1") }));
  const onArch = (pipelineTaskName: string, arch: string) => ({
    pipelineTaskName,
    podTemplate: { nodeSelector: { arch } },
  });
  const spec = { pipelineSpec: { tasks }, taskRunSpecs: [onArch("a", "amd64"), onArch("b", "arm64")] };
  const overZones = { annotations: { "pod-affinity.tekton.dev/topology-key": "zone" } };
  const { notes } = await preview(runText({ metadata: overZones, spec }));
  expect(notes.at(-1)).toBe("It goes where there are nodes of all of these kinds: zone 2.");
  asked = [];
  await preview(runText({ metadata: overZones }));
  expect(asked).not.toContain("/api/v1/nodes");
});

test("Tekton's default pod template is read, and what that names", async () => {
  objects.set(CONFIG_DEFAULTS, { data: { "default-pod-template": "runtimeClassName: kata" } });
  objects.set("/apis/node.k8s.io/v1/runtimeclasses/kata", { overhead: { podFixed: { cpu: "250m" } } });
  const { peak, pod, notes } = await preview(runText());
  expect({ peak, notes }).toEqual({ peak: { cpu: "250m" }, notes: [] });
  expect(pod!.spec!.runtimeClassName).toBe("kata");
});

test("requests that Tekton gives by default are read", async () => {
  const text = "default: {requests: {cpu: 300m}}";
  objects.set(CONFIG_DEFAULTS, { data: { "default-container-resource-requirements": text } });
  expect((await preview(runText())).peak).toEqual({ cpu: "300m" });
});

test("one that may not be read is noted", async () => {
  objects.set(CONFIG_DEFAULTS, { kind: "Status", code: 403, message: "forbidden" });
  const { notes } = await preview(runText());
  expect(notes).toEqual([expect.stringMatching(/config-defaults may not be read/)]);
});

test("what does not exist is said", async () => {
  const { notes } = await preview(runText({ spec: byName("p") }));
  expect(notes).toEqual([expect.stringContaining("Pipeline p was not found")]);
});

test("what may not be read ends the preview, and is named", async () => {
  objects.set(`${TEKTON}/pipelines/p`, { kind: "Status", code: 403, message: "forbidden" });
  await expect(preview(runText({ spec: byName("p") }))).rejects.toThrow(
    "Pipeline ci/p could not be read from the cluster: 403: forbidden",
  );
});

test("too many definitions are refused before they are read", async () => {
  const tasks = Array.from({ length: 1001 }, (_, i) => ({ name: `t${i}`, taskRef: { name: `t${i}` } }));
  await expect(preview(runText({ spec: { pipelineSpec: { tasks } } }))).rejects.toThrow(
    /at most 1000 are read/,
  );
  expect(asked.filter(path => path.includes("/tasks/"))).toEqual([]);
});

const clusterTask = {
  name: "a",
  taskRef: {
    resolver: "cluster",
    params: [
      { name: "kind", value: "task" },
      { name: "name", value: "golang" },
      { name: "namespace", value: "tools" },
    ],
  },
};
const IN_TOOLS = "/apis/tekton.dev/v1/namespaces/tools/tasks/golang";

test("what the resolver cluster brings is read in its namespace", async () => {
  objects.set(IN_TOOLS, { spec: step("3") });
  const { peak, notes } = await preview(runText({ spec: { pipelineSpec: { tasks: [clusterTask] } } }));
  expect({ peak, notes }).toEqual({ peak: { cpu: "3" }, notes: [] });
});

test("another namespace that may not be read is noted, and ends nothing", async () => {
  objects.set(IN_TOOLS, { kind: "Status", code: 403, message: "forbidden" });
  const { notes } = await preview(runText({ spec: { pipelineSpec: { tasks: [clusterTask] } } }));
  expect(notes).toEqual([expect.stringContaining("a (Task tools/golang may not be read)")]);
});

test("what the resolver cluster brings can stand in the file", async () => {
  const task = {
    apiVersion: "tekton.dev/v1",
    kind: "Task",
    metadata: { name: "golang", namespace: "tools" },
    spec: step("4"),
  };
  const run = runText({ spec: { pipelineSpec: { tasks: [clusterTask] } } });
  const { peak, notes } = await preview(JSON.stringify(task), run);
  expect({ peak, notes }).toEqual({ peak: { cpu: "4" }, notes: [] });
  expect(asked).not.toContain(IN_TOOLS);
});
