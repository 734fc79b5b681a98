/** What the stand-in does beyond the recordings, on an embedded cluster. */
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { conditionOf } from "./conditions";
import { Bed, task, taskThat } from "./testing";
import type { PipelineTask } from "./types";

const startMilliseconds = 20 * 60_000; // The first start builds the programs.
const testMilliseconds = 300_000;

let bed: Bed;
beforeAll(async () => {
  bed = await Bed.start("tekton-behaviour");
}, startMilliseconds);
afterAll(() => bed?.cluster.stop(), 300_000);

const spec = (...tasks: PipelineTask[]) => ({ pipelineSpec: { tasks } });
const skippedOf = (run: { status?: { skippedTasks?: unknown } }) => run.status?.skippedTasks;

describe("a run", () => {
  test.concurrent(
    "that another controller manages is left alone",
    async () => {
      const namespace = await bed.namespace("managed");
      await bed.run(namespace, "r", { ...spec(task("a")), managedBy: "kueue.x-k8s.io/multikueue" });
      await bed.settle();
      expect((await bed.get("PipelineRun", namespace, "r"))?.status).toBeUndefined();
    },
    testMilliseconds,
  );

  test.concurrent(
    "cannot be made pending once it has started, nor changed otherwise",
    async () => {
      const namespace = await bed.namespace("started");
      await bed.run(namespace, "r", spec(taskThat("a", { "testbed/run-seconds": "60" })));
      await bed.untilReason("PipelineRun", namespace, "r", "Running");
      const pending = bed.patch(namespace, "r", {
        op: "add",
        path: "/spec/status",
        value: "PipelineRunPending",
      });
      await expect(pending).rejects.toThrow("PipelineRun cannot be Pending after it is started");
      const changed = bed.patch(namespace, "r", { op: "add", path: "/spec/timeouts/pipeline", value: "2h" });
      await expect(changed).rejects.toThrow("only status updates are allowed");
      await bed.patch(namespace, "r", { op: "add", path: "/spec/status", value: "Cancelled" });
      await bed.untilReason("TaskRun", namespace, "r-a", "TaskRunCancelled");
      const cancelled = await bed.untilReason("PipelineRun", namespace, "r", "Cancelled");
      expect(cancelled.status?.completionTime).toBeDefined();
      await bed.untilNoPod(namespace, "r-a-pod");
    },
    testMilliseconds,
  );

  test.concurrent.each(["v1", "v1beta1"])(
    "of %s with a field that Tekton does not know is refused",
    async version => {
      const namespace = await bed.namespace(`strict-${version}`);
      const { custom } = bed.cluster.clients;
      const request = { group: "tekton.dev", version, namespace, plural: "taskruns" };
      const create = (taskSpec: object) => {
        const body = { kind: "TaskRun", apiVersion: `tekton.dev/${version}`, metadata: { name: "t" } };
        return custom.createNamespacedCustomObject({ ...request, body: { ...body, spec: { taskSpec } } });
      };
      const steps = [{ name: "s", image: "busybox" }];
      await expect(create({ metadata: {}, steps })).rejects.toThrow(/json: unknown field \\*"metadata/);
      await create({ steps });
    },
    testMilliseconds,
  );

  test.concurrent(
    "that is pending can change nothing but its status, and is ended by a cancellation",
    async () => {
      const namespace = await bed.namespace("pending");
      await bed.run(namespace, "r", { ...spec(task("a")), status: "PipelineRunPending" });
      await bed.untilReason("PipelineRun", namespace, "r", "PipelineRunPending");
      const changed = bed.patch(namespace, "r", { op: "add", path: "/spec/timeouts/pipeline", value: "2h" });
      await expect(changed).rejects.toThrow("only status updates are allowed");
      await bed.patch(namespace, "r", { op: "replace", path: "/spec/status", value: "Cancelled" });
      await bed.untilReason("PipelineRun", namespace, "r", "Cancelled");
      expect(await bed.get("TaskRun", namespace, "r-a")).toBeUndefined();
    },
    testMilliseconds,
  );

  test.concurrent(
    "is seen in v1beta1 with that version's fields",
    async () => {
      const namespace = await bed.namespace("versions");
      const podTemplate = { nodeSelector: { "kubernetes.io/os": "linux" } };
      const resources = { requests: { cpu: "1" } };
      const taskSpec = { steps: [{ name: "s", image: "busybox", computeResources: resources }] };
      await bed.run(namespace, "r", { ...spec(task("a", { taskSpec })), taskRunTemplate: { podTemplate } });
      const address = {
        group: "tekton.dev",
        version: "v1beta1",
        plural: "pipelineruns",
        namespace,
        name: "r",
      };
      expect(await bed.cluster.clients.custom.getNamespacedCustomObject(address)).toMatchObject({
        apiVersion: "tekton.dev/v1beta1",
        spec: {
          podTemplate,
          serviceAccountName: "default",
          pipelineSpec: { tasks: [{ taskSpec: { steps: [{ resources }] } }] },
        },
      });
    },
    testMilliseconds,
  );

  test.concurrent(
    "skips tasks by when, and its final tasks learn what became of the others",
    async () => {
      const namespace = await bed.namespace("skips");
      const skipped = task("skipped", { when: [{ input: "$(params.go)", operator: "in", values: ["yes"] }] });
      const after = task("after", { runAfter: ["skipped"] });
      const last = task("last", {
        when: [{ input: "$(tasks.status)", operator: "in", values: ["Completed"] }],
      });
      await bed.run(namespace, "r", {
        params: [{ name: "go", value: "no" }],
        pipelineSpec: { params: [{ name: "go" }], tasks: [skipped, after], finally: [last] },
      });
      const run = await bed.untilReason("PipelineRun", namespace, "r", "Completed");
      expect(skippedOf(run)).toMatchObject([
        { name: "skipped", reason: "When Expressions evaluated to false" },
      ]);
      expect(await bed.get("TaskRun", namespace, "r-skipped")).toBeUndefined();
      expect(await bed.get("TaskRun", namespace, "r-last")).toBeDefined();
    },
    testMilliseconds,
  );

  test.concurrent(
    "goes on after a task that may fail, and stops gracefully when told to",
    async () => {
      const namespace = await bed.namespace("stops");
      const bad = taskThat(
        "bad",
        { "testbed/fail": "true", "testbed/run-seconds": "1" },
        { onError: "continue" },
      );
      const next = taskThat("next", { "testbed/run-seconds": "10" }, { runAfter: ["bad"] });
      await bed.run(namespace, "r", spec(bad, next, task("never", { runAfter: ["next"] })));
      await bed.untilReason("TaskRun", namespace, "r-bad", "FailureIgnored");
      await bed.untilReason("TaskRun", namespace, "r-next", "Running");
      await bed.patch(namespace, "r", { op: "add", path: "/spec/status", value: "StoppedRunFinally" });
      await bed.untilReason("PipelineRun", namespace, "r", "StoppedRunningFinally");
      const run = await bed.untilReason("PipelineRun", namespace, "r", "Cancelled");
      expect(skippedOf(run)).toMatchObject([{ name: "never", reason: "PipelineRun was gracefully stopped" }]);
      await bed.untilReason("TaskRun", namespace, "r-next", "Succeeded");
    },
    testMilliseconds,
  );

  test.concurrent(
    "whose tasks take too long still runs its final tasks",
    async () => {
      const namespace = await bed.namespace("tasks-timeout");
      const last = taskThat("last", { "testbed/run-seconds": "10" });
      await bed.run(namespace, "r", {
        timeouts: { tasks: "2s" },
        pipelineSpec: { tasks: [taskThat("long", { "testbed/run-seconds": "60" })], finally: [last] },
      });
      await bed.untilReason("PipelineRun", namespace, "r", "PipelineRunTimeoutRunningFinally");
      await bed.untilReason("TaskRun", namespace, "r-last", "Succeeded");
      await bed.untilReason("PipelineRun", namespace, "r", "PipelineRunTimeout");
    },
    testMilliseconds,
  );

  test.concurrent.each([
    ["a missing pipeline", { pipelineRef: { name: "none" } }, "CouldntGetPipeline", "none"],
    ["a missing task", spec({ name: "a", taskRef: { name: "none" } }), "CouldntGetTask", "none"],
    [
      "a cycle",
      spec(task("a", { runAfter: ["b"] }), task("b", { runAfter: ["a"] })),
      "PipelineInvalidGraph",
      "cycle",
    ],
    ["a resolver", { pipelineRef: { resolver: "git" } }, "NotSupportedByStandIn", "resolver"],
    ["CEL in when", spec(task("a", { when: [{ cel: "true" }] })), "NotSupportedByStandIn", "CEL"],
  ])(
    "with %s fails, in words",
    async (what, runSpec, reason, words) => {
      const namespace = await bed.namespace(what.toLowerCase().replaceAll(" ", "-"));
      await bed.run(namespace, "r", runSpec);
      const run = await bed.untilReason("PipelineRun", namespace, "r", reason);
      expect(conditionOf(run)).toMatchObject({ status: "False", message: expect.stringContaining(words) });
    },
    testMilliseconds,
  );

  test.concurrent(
    "that is deleted and made anew at once gets children of its own",
    async () => {
      const namespace = await bed.namespace("anew");
      await bed.run(namespace, "r", spec(task("a")));
      await bed.untilPod(namespace, "r-a-pod");
      await bed.remove(namespace, "r");
      const again = await bed.run(namespace, "r", spec(task("a")));
      await bed.untilReason("PipelineRun", namespace, "r", "Succeeded");
      const child = await bed.get("TaskRun", namespace, "r-a");
      expect(child?.metadata.ownerReferences?.[0]?.uid).toBe(again.metadata.uid);
    },
    testMilliseconds,
  );
});

describe("a pod", () => {
  test.concurrent(
    "that is deleted before it started is made anew under the same name",
    async () => {
      const namespace = await bed.namespace("deleted");
      const podTemplate = { nodeSelector: { nowhere: "true" } };
      await bed.run(namespace, "r", { ...spec(task("a")), taskRunTemplate: { podTemplate } });
      const first = await bed.untilPod(namespace, "r-a-pod");
      await bed.cluster.clients.core.deleteNamespacedPod({ namespace, name: "r-a-pod" });
      const second = await bed.untilPod(
        namespace,
        "r-a-pod",
        pod => pod.metadata?.uid !== first.metadata?.uid,
      );
      expect(second.metadata?.labels).toEqual(first.metadata?.labels);
    },
    testMilliseconds,
  );

  test.concurrent(
    "that a quota does not allow is waited for",
    async () => {
      const namespace = await bed.namespace("quota");
      const quota = { metadata: { name: "none" }, spec: { hard: { pods: "0" } } };
      await bed.cluster.clients.core.createNamespacedResourceQuota({ namespace, body: quota });
      await bed.untilPodsAreRefused(namespace, "exceeded quota");
      await bed.run(namespace, "r", spec(task("a")));
      const taskRun = await bed.untilReason("TaskRun", namespace, "r-a", "ExceededResourceQuota");
      expect(taskRun.status?.startTime).toBeUndefined();
      await bed.untilReason("PipelineRun", namespace, "r", "Running");
    },
    testMilliseconds,
  );

  test.concurrent(
    "that an admission webhook refuses fails its TaskRun for good",
    async () => {
      const namespace = await bed.namespace("refused");
      const webhook = {
        name: "refuse.testbed.local",
        admissionReviewVersions: ["v1"],
        sideEffects: "None",
        failurePolicy: "Fail",
        timeoutSeconds: 1,
        clientConfig: { url: "https://127.0.0.1:1/" },
        namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": namespace } },
        rules: [{ apiGroups: [""], apiVersions: ["v1"], operations: ["CREATE"], resources: ["pods"] }],
      };
      await bed.cluster.clients.custom.createClusterCustomObject({
        group: "admissionregistration.k8s.io",
        version: "v1",
        plural: "validatingwebhookconfigurations",
        body: { metadata: { name: "refuse" }, webhooks: [webhook] },
      });
      await bed.untilPodsAreRefused(namespace, "failed calling webhook");
      await bed.run(namespace, "r", spec(task("a")));
      await bed.untilReason("TaskRun", namespace, "r-a", "PodCreationFailed");
      await bed.untilReason("PipelineRun", namespace, "r", "Failed");
    },
    testMilliseconds,
  );

  test.concurrent(
    "with sidecars is told to begin when they are up",
    async () => {
      const namespace = await bed.namespace("sidecars");
      const taskSpec = {
        steps: [{ name: "s", image: "busybox" }],
        sidecars: [{ name: "db", image: "postgres" }],
      };
      await bed.run(namespace, "r", spec(task("a", { taskSpec })));
      await bed.untilPod(
        namespace,
        "r-a-pod",
        pod => pod.metadata?.annotations?.["tekton.dev/ready"] === "READY",
      );
      await bed.untilReason("PipelineRun", namespace, "r", "Succeeded");
    },
    testMilliseconds,
  );
});

// Not concurrent and last: the others are over by now. The stand-in keeps nothing that is not on the objects.
test(
  "a run goes on where it was after a restart, and what happened meanwhile is seen",
  async () => {
    const namespace = await bed.namespace("restart");
    const a = taskThat("a", { "testbed/run-seconds": "10" });
    const flaky = taskThat("flaky", { "testbed/fail": "true", "testbed/run-seconds": "1" }, { retries: 1 });
    await bed.run(namespace, "r", {
      pipelineSpec: { tasks: [a, task("b", { runAfter: ["a"] }), flaky], finally: [task("last")] },
    });
    await bed.untilReason("TaskRun", namespace, "r-a", "Running");
    await bed.stopStandIn();
    await bed.untilPod(namespace, "r-a-pod", pod => pod.status?.phase === "Succeeded");
    await bed.startStandIn();
    const run = await bed.untilReason("PipelineRun", namespace, "r", "Failed");
    const names = run.status?.childReferences?.map(({ name }) => name);
    expect(names?.sort()).toEqual(expect.arrayContaining(["r-a", "r-flaky", "r-last"]));
    expect(await bed.pod(namespace, "r-flaky-pod-retry1")).toBeDefined();
  },
  testMilliseconds,
);
