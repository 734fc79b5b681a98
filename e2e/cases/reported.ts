/** Whole runs, as they are reported: each ends where its right value says, or is told why not, as its preview said. */
import { setTimeout as delay } from "node:timers/promises";
import { expect, test } from "@jest/globals";
import { isPending } from "../../capabilities/tekton/objects";
import { until } from "../../testbed/until";
import { after, asking, cpu, type FitTests } from "../fit/fixture";
import { optedIn, RUN_MILLISECONDS, run } from "../operated-cluster";
import type { NodeOptions } from "../../testbed/nodes";
import { Case, example } from "./case";

const ZONE = "topology.kubernetes.io/zone";
const ARCH = "kubernetes.io/arch";
const GIB = { storage: "1Gi" };

interface Reported {
  name: string;
  namespace: string;
  /** With their cores. */
  nodes: [string, string, Partial<NodeOptions>?][];
  objects: () => object[] | Promise<object[]>;
  /** What decides where the placeholder goes, in part. */
  made: Record<string, unknown>;
  /** Where all pods of the run were. */
  on: string[];
  /** The operator has to know the nodes: what it has read of them it takes for so long. */
  dependsOnNodes?: boolean;
}

const NODES_MILLISECONDS = 5_000;

const both = (cores: string, memory: string) => ({ requests: { cpu: cores, memory } });
const inV1Beta1 = (name: string, spec: object) => ({
  apiVersion: "tekton.dev/v1beta1",
  kind: "PipelineRun",
  metadata: { name, labels: optedIn },
  spec,
});
const quota = (name: string, scope: string, hard: Record<string, string>) => ({
  apiVersion: "v1",
  kind: "ResourceQuota",
  metadata: { name },
  spec: { scopes: [scope], hard },
});
const quotaOfClasses = (name: string, hard: Record<string, string>, operator: string, values?: string[]) => ({
  apiVersion: "v1",
  kind: "ResourceQuota",
  metadata: { name },
  spec: { scopeSelector: { matchExpressions: [{ scopeName: "PriorityClass", operator, values }] }, hard },
});
/** A quota of requests refuses pods of which any container asks for nothing, as those that Tekton adds do. */
const SOMETHING = {
  apiVersion: "v1",
  kind: "LimitRange",
  metadata: { name: "something" },
  spec: { limits: [{ type: "Container", defaultRequest: { cpu: "10m" } }] },
};
const using = (name: string, workspace: string) => {
  const task = cpu(name, "1");
  const workspaces = [{ name: workspace }];
  return { ...task, workspaces, taskSpec: { ...task.taskSpec, workspaces } };
};

const RIGHT: Reported[] = [
  {
    name: "a matrix over an array parameter, by its name alone, in the middle of a build",
    namespace: "platforms",
    nodes: [["platforms-8", "8"]],
    objects: () => {
      const image = {
        ...asking("image", both("1500m", "3Gi"), after("fetch")),
        matrix: { params: [{ name: "platform", value: "$(params.platforms)" }] },
      };
      const scans = ["one", "two", "three"].map(name => asking(name, both("400m", "512Mi"), after("image")));
      const tasks = [asking("fetch", both("2", "4Gi")), image, ...scans];
      const params = [{ name: "platforms", type: "array", default: ["linux"] }];
      return [
        run(
          "wide",
          [],
          {},
          {
            params: [{ name: "platforms", value: ["amd64", "arm64", "ppc64le", "s390x"] }],
            pipelineSpec: { params, tasks, finally: [cpu("report", "100m")] },
          },
        ),
      ];
    },
    made: { requests: { cpu: "6", memory: "12Gi" } },
    on: ["platforms-8"],
  },
  {
    name: "v1beta1: the template, the overrides and the resources in their old places",
    namespace: "old-form",
    nodes: [
      ["old-form-plain", "32"],
      ["old-form-ssd", "4", { labels: { disk: "ssd" } }],
    ],
    objects: () => {
      const step = (amount: string) => [
        { name: "s", image: "busybox", command: ["sleep", "1"], resources: { requests: { cpu: amount } } },
      ];
      return [
        inV1Beta1("old", {
          serviceAccountName: "default",
          podTemplate: { nodeSelector: { disk: "ssd" }, tolerations: [{ key: "ssd", operator: "Exists" }] },
          taskRunSpecs: [
            {
              pipelineTaskName: "compile",
              stepOverrides: [{ name: "s", resources: { requests: { cpu: "800m" } } }],
            },
          ],
          pipelineSpec: {
            tasks: [
              { name: "compile", taskSpec: { steps: step("300m") } },
              { name: "pack", taskSpec: { steps: step("500m") } },
            ],
          },
        }),
      ];
    },
    made: {
      nodeSelector: { disk: "ssd" },
      tolerations: [{ key: "ssd", operator: "Exists" }],
      requests: { cpu: "1300m" },
    },
    on: ["old-form-ssd"],
  },
  {
    name: "a quota for pods that end, and a small one for those that do not, which counts the placeholder",
    namespace: "scopes",
    nodes: [
      ["scopes-2", "2"],
      ["scopes-8", "8"],
    ],
    objects: () => [
      SOMETHING,
      quota("builds", "Terminating", { "requests.cpu": "6", pods: "10" }),
      quota("services", "NotTerminating", { "requests.cpu": "1", pods: "5" }),
      run("between", [cpu("build", "3"), cpu("test", "2", after("build"))]),
    ],
    made: { requests: { cpu: "1" } },
    on: ["scopes-8"],
  },
  {
    name: "a quota for pods that end, which counts no placeholder",
    namespace: "one-scope",
    nodes: [
      ["one-scope-2", "2"],
      ["one-scope-8", "8"],
    ],
    objects: () => [
      SOMETHING,
      quota("builds", "Terminating", { "requests.cpu": "3" }),
      run("within", [cpu("build", "1"), cpu("test", "3", after("build"))]),
    ],
    made: { requests: { cpu: "3" } },
    on: ["one-scope-8"],
  },
  {
    name: "a small quota for pods of any priority class, which counts the placeholder",
    namespace: "any-class",
    nodes: [
      ["any-class-2", "2"],
      ["any-class-8", "8"],
    ],
    objects: () => [
      SOMETHING,
      quotaOfClasses("classes", { "requests.cpu": "1", pods: "5" }, "Exists"),
      run("classless", [cpu("build", "3"), cpu("test", "2", after("build"))]),
    ],
    made: { requests: { cpu: "1" } },
    on: ["any-class-8"],
  },
  {
    name: "a quota for pods of the run's priority class, which counts no placeholder",
    namespace: "own-class",
    nodes: [
      ["own-class-2", "2"],
      ["own-class-8", "8"],
    ],
    objects: () => [
      { apiVersion: "scheduling.k8s.io/v1", kind: "PriorityClass", metadata: { name: "nightly" }, value: 5 },
      SOMETHING,
      quotaOfClasses("nightly", { "requests.cpu": "3", pods: "1" }, "In", ["nightly"]),
      run(
        "of-class",
        [cpu("build", "1"), cpu("test", "3", after("build"))],
        {},
        { taskRunTemplate: { podTemplate: { priorityClassName: "nightly" } } },
      ),
    ],
    made: { requests: { cpu: "3" } },
    on: ["own-class-8"],
  },
  {
    name: "pods that keep away from others of a label that one of them is given by taskRunSpecs",
    namespace: "labelled",
    nodes: [["labelled-8", "8"]],
    objects: () => {
      const term = {
        topologyKey: "kubernetes.io/hostname",
        labelSelector: { matchLabels: { app: "heavy" } },
      };
      const affinity = { podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [term] } };
      const metadata = { labels: { app: "heavy" } };
      const tasks = [cpu("light", "1"), cpu("heavy", "2", after("light"))];
      const taskRunSpecs = [{ pipelineTaskName: "heavy", metadata, podTemplate: { affinity } }];
      return [run("keeps-away", tasks, {}, { taskRunSpecs })];
    },
    made: { requests: { cpu: "2" } },
    on: ["labelled-8"],
  },
  {
    name: "a volume that its StorageClass makes in one zone only",
    namespace: "one-zone",
    nodes: [
      ["one-zone-a", "32"],
      ["one-zone-b", "4", { zone: "zone-b" }],
    ],
    objects: () => [
      {
        apiVersion: "storage.k8s.io/v1",
        kind: "StorageClass",
        metadata: { name: "only-zone-b" },
        provisioner: "testbed/kwok",
        volumeBindingMode: "WaitForFirstConsumer",
        allowedTopologies: [{ matchLabelExpressions: [{ key: ZONE, values: ["zone-b"] }] }],
      },
      run(
        "zonal",
        [],
        {},
        {
          workspaces: [
            {
              name: "data",
              volumeClaimTemplate: {
                spec: {
                  storageClassName: "only-zone-b",
                  accessModes: ["ReadWriteOnce"],
                  resources: { requests: GIB },
                },
              },
            },
          ],
          pipelineSpec: { workspaces: [{ name: "data" }], tasks: [using("only", "data")] },
        },
      ),
    ],
    made: { nodes: [{ matchExpressions: [{ key: ZONE, operator: "In", values: ["zone-b"] }] }] },
    on: ["one-zone-b"],
  },
  {
    name: "two architectures in one zone, which one of two zones has",
    namespace: "both-kinds",
    nodes: [
      ["kinds-a-amd64", "32"],
      ["kinds-b-amd64", "4", { zone: "zone-b" }],
      ["kinds-b-arm64", "4", { zone: "zone-b", labels: { [ARCH]: "arm64" } }],
    ],
    objects: () => example("multi-architecture"),
    made: {
      nodeSelector: { [ARCH]: "amd64" },
      nodes: [{ matchExpressions: [{ key: ZONE, operator: "In", values: ["zone-b"] }] }],
    },
    on: ["kinds-b-amd64", "kinds-b-arm64"],
    dependsOnNodes: true,
  },
];

export const reportedTests: FitTests = fit => {
  test.each(RIGHT)(
    "$name",
    async ({ namespace, nodes, objects, made, on, dependsOnNodes = false }) => {
      const own = new Case(fit(), namespace);
      for (const node of nodes) await fit().node(...node);
      if (dependsOnNodes) await delay(NODES_MILLISECONDS);
      const previewed = await own.apply(await objects());
      expect(await own.madeAs(previewed)).toMatchObject(made);
      await own.succeedsOn(...on);
    },
    RUN_MILLISECONDS * 2,
  );

  test(
    "a node that takes no pod beside the placeholder: the run does not start there",
    async () => {
      const own = new Case(fit(), "slots");
      await fit().node("slots-32", "32", { pods: 1 });
      await fit().node("slots-4", "4");
      await delay(NODES_MILLISECONDS);
      await own.apply([run("beside", [cpu("build", "1"), cpu("test", "1", after("build"))])]);
      await own.succeedsOn("slots-4");
      const said = fit()
        .operated.history.all("pod", "slots")
        .flatMap(({ object }) => object.status?.conditions ?? [])
        .flatMap(({ message }) => message ?? []);
      expect(said.filter(message => message.includes("Too many pods"))).toEqual([]);
    },
    RUN_MILLISECONDS,
  );

  test(
    "a node selector without a value counts as Tekton reads it, and is told",
    async () => {
      const own = new Case(fit(), "no-value");
      await fit().node("no-value", "8");
      const steps = [{ name: "s", image: "busybox", command: ["sleep", "1"] }];
      const pipelineSpec = { tasks: [{ name: "only", taskSpec: { steps } }] };
      const spec = { podTemplate: { nodeSelector: { disk: null } }, pipelineSpec };
      const previewed = await own.apply([inV1Beta1("without", spec)]);
      expect((await own.madeAs(previewed)).nodeSelector).toEqual({ disk: "" });
      expect(await fit().told("no-value", "NeverFits")).toMatch(/may be used by it \(node selector/);
      await own.remove("without");
    },
    RUN_MILLISECONDS,
  );

  test(
    "a run that waits longer than its own timeouts has not used them",
    async () => {
      const own = new Case(fit(), "weekend");
      const timeouts = { pipeline: "10s", tasks: "7s", finally: "3s" };
      const podTemplate = { nodeSelector: { pool: "weekend" } };
      const spec = { timeouts, taskRunTemplate: { podTemplate } };
      await own.apply([run("waits", [cpu("build", "1")], { labels: optedIn }, spec)]);
      const since = Date.now();
      await until("it to have waited for longer than that", RUN_MILLISECONDS, async () => {
        const [held] = fit().operated.history.now("run", "weekend");
        return held !== undefined && isPending(held) && Date.now() - since > 12_000;
      });
      await fit().node("weekend", "4", { labels: { pool: "weekend" } });
      await own.succeedsOn("weekend");
      const [ended] = fit().operated.history.now("run", "weekend");
      const startTime = new Date(ended!.status!.startTime!).getTime();
      expect(startTime - new Date(ended!.metadata!.creationTimestamp!).getTime()).toBeGreaterThan(10_000);
    },
    RUN_MILLISECONDS,
  );
};
