/** Pod templates of single tasks: only nodes where all pods of the run may go are looked for. */
import { expect, test } from "@jest/globals";
import type { V1Pod, V1PodSpec } from "@kubernetes/client-node";
import type { PodTemplate } from "../../capabilities/tekton/objects";
import { after, cpu, type FitTests } from "../fit/fixture";
import { optedIn, RUN_MILLISECONDS, run } from "../operated-cluster";
import { Case, example } from "./case";

const HOSTNAME = "kubernetes.io/hostname";
const ARCH = "kubernetes.io/arch";
const DEDICATED = { key: "dedicated", value: "builds", effect: "NoSchedule" };
const forTask = (pipelineTaskName: string, podTemplate: object) => ({ pipelineTaskName, podTemplate });
const ofRun = (podTemplate: object) => ({ taskRunTemplate: { podTemplate: podTemplate as PodTemplate } });
const onArch = (arch: string) => ({
  affinity: {
    nodeAffinity: {
      requiredDuringSchedulingIgnoredDuringExecution: {
        nodeSelectorTerms: [{ matchExpressions: [{ key: ARCH, operator: "In", values: [arch] }] }],
      },
    },
  },
});
const two = () => [cpu("left", "1"), cpu("right", "1")];

export const templateTests: FitTests = fit => {
  test(
    "tolerations in other words: a tainted pool, and the run's own template, which no pod has",
    async () => {
      const own = new Case(fit(), "tainted");
      await fit().node("tainted-pool", "4", { labels: { pool: "builds" }, taints: [DEDICATED] });
      await fit().node("tainted-other", "32");
      const made = await own.madeAs(await own.apply(await example("tainted-pool")));
      expect(made.tolerations).toEqual([{ key: "dedicated", operator: "Equal", value: "builds" }]);
      await own.succeedsOn("tainted-pool");
    },
    RUN_MILLISECONDS * 2,
  );

  test(
    "one sandboxed task: all pods are where its RuntimeClass says, and its overhead counts once",
    async () => {
      const own = new Case(fit(), "sandboxed");
      await fit().node("sandboxed-plain", "32");
      await fit().node("sandboxed-yes", "4", { labels: { sandbox: "yes" } });
      const made = await own.madeAs(await own.apply(await example("sandboxed")));
      expect(made).toMatchObject({
        nodeSelector: { sandbox: "yes" },
        runtimeClassName: undefined,
        requests: { cpu: "1250m", memory: "376Mi" },
      });
      await own.succeedsOn("sandboxed-yes");
    },
    RUN_MILLISECONDS * 2,
  );

  test(
    "one task with a GPU, and all tasks tolerate its taint",
    async () => {
      const own = new Case(fit(), "gpu");
      const taint = { key: "nvidia.com/gpu", value: "present", effect: "NoSchedule" };
      await fit().node("gpu-none", "32");
      await fit().node("gpu-one", "4", { taints: [taint], extraResources: { "nvidia.com/gpu": "1" } });
      const made = await own.madeAs(await own.apply(await example("gpu")));
      expect(made.requests).toMatchObject({ "nvidia.com/gpu": "1", cpu: "2" });
      await own.succeedsOn("gpu-one");
    },
    RUN_MILLISECONDS * 2,
  );

  test(
    "two architectures in one zone: each pod of a matrix on a node of its own",
    async () => {
      const own = new Case(fit(), "architectures");
      await fit().node("arch-amd64", "4");
      await fit().node("arch-arm64", "4", { labels: { [ARCH]: "arm64" } });
      const made = await own.madeAs(await own.apply(await example("multi-architecture")));
      expect(made.nodeSelector).toEqual({ [ARCH]: "amd64" });
      expect(await fit().ended("architectures")).toEqual(["Succeeded"]);
      const builds = fit()
        .operated.history.now("pod", "architectures")
        .filter(pod => pod.metadata!.labels!["tekton.dev/pipelineTask"] === "build")
        .map(({ spec }: { spec?: V1PodSpec }) => [spec!.nodeSelector![ARCH], spec!.nodeName]);
      expect(builds.sort()).toEqual([
        ["amd64", "arch-amd64"],
        ["arm64", "arch-arm64"],
      ]);
    },
    RUN_MILLISECONDS * 2,
  );

  test(
    "a parameter of the Task, by its default",
    async () => {
      const own = new Case(fit(), "by-default");
      await fit().node("by-default-hdd", "32");
      await fit().node("by-default-ssd", "4", { labels: { disk: "ssd" } });
      const task = cpu("only", "1");
      const withDefault = {
        ...task,
        taskSpec: { ...task.taskSpec, params: [{ name: "disk", default: "ssd" }] },
      };
      const spec = { taskRunSpecs: [forTask("only", { nodeSelector: { disk: "$(params.disk)" } })] };
      const made = await own.madeAs(await own.apply([run("disk", [withDefault], {}, spec)]));
      expect(made.nodeSelector).toEqual({ disk: "ssd" });
      await own.succeedsOn("by-default-ssd");
    },
    RUN_MILLISECONDS * 2,
  );

  test(
    "one task beside another application's pod: the whole run goes there",
    async () => {
      const own = new Case(fit(), "beside");
      await fit().node("beside-empty", "32");
      await fit().node("beside-web", "4");
      const web = {
        apiVersion: "v1",
        kind: "Pod",
        metadata: { name: "web", labels: { app: "web" } },
        spec: { nodeName: "beside-web", containers: [{ name: "c", image: "pause" }] },
      };
      const term = { topologyKey: HOSTNAME, labelSelector: { matchLabels: { app: "web" } } };
      const affinity = { podAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [term] } };
      const tasks = [cpu("build", "1"), cpu("publish", "1", after("build"))];
      await own.apply([
        web,
        run("beside-web", tasks, {}, { taskRunSpecs: [forTask("publish", { affinity })] }),
      ]);
      expect(await fit().ended("beside")).toEqual(["Succeeded"]);
      const pods = fit()
        .operated.history.all("pod", "beside")
        .map(({ object }) => object);
      const isRuns = ({ metadata }: V1Pod) => metadata!.labels!["tekton.dev/taskRun"] !== undefined;
      const nodes = pods.filter(isRuns).flatMap(({ spec }) => spec?.nodeName ?? []);
      expect([...new Set(nodes)]).toEqual(["beside-web"]);
    },
    RUN_MILLISECONDS * 2,
  );

  test.each([
    {
      name: "spread over nodes",
      namespace: "spread",
      spec: ofRun({
        topologySpreadConstraints: [
          {
            maxSkew: 1,
            topologyKey: HOSTNAME,
            whenUnsatisfiable: "DoNotSchedule",
            labelSelector: { matchExpressions: [{ key: "tekton.dev/pipelineRun", operator: "Exists" }] },
          },
        ],
      }),
      expected: /topologySpreadConstraints of left, right .*ScheduleAnyway/,
    },
    {
      name: "each on a node of its own",
      namespace: "repelling",
      spec: ofRun({
        affinity: {
          podAntiAffinity: {
            requiredDuringSchedulingIgnoredDuringExecution: [
              {
                topologyKey: HOSTNAME,
                labelSelector: { matchExpressions: [{ key: "tekton.dev/pipelineRun", operator: "Exists" }] },
              },
            ],
          },
        },
      }),
      expected: /podAntiAffinity of left, right .*placeholder/,
    },
    {
      name: "of two architectures",
      namespace: "two-architectures",
      spec: { taskRunSpecs: [forTask("left", onArch("amd64")), forTask("right", onArch("arm64"))] },
      expected: /arch=amd64 \(nodeAffinity of left\) and .*arch=arm64 \(nodeAffinity of right\)/,
    },
  ])(
    "pods $name are told before the run starts",
    async ({ namespace, spec, expected }) => {
      const own = new Case(fit(), namespace);
      await fit().node(`${namespace}-a`, "8");
      await fit().node(`${namespace}-b`, "8", { labels: { [ARCH]: "arm64" } });
      const previewed = await own.apply([run("never", two(), { labels: optedIn }, spec)]);
      expect(await own.heldFor("ContradictingPodTemplates", previewed)).toMatch(expected);
    },
    RUN_MILLISECONDS,
  );
};
