/** Tables for the parts of a TaskRun's decision. */
import { describe, expect, test } from "@jest/globals";
import type { V1Pod } from "@kubernetes/client-node";
import { mergePodTemplates } from "../pod-template";
import type { TaskRun, TaskSpec } from "../types";
import { containers } from "./containers";
import { taskRunPod } from "./pod";
import { consequence } from "./pod-refusal";
import { reconcileTaskRun } from "./run";
import { podVerdict } from "./status";
import { workspaceVolumes } from "./workspaces";

const now = Date.parse("2026-01-01T00:01:00Z");
const spec: TaskSpec = { steps: [{ name: "s", image: "busybox" }] };

function taskRun(more: Partial<TaskRun["spec"]> = {}, status?: TaskRun["status"]): TaskRun {
  return {
    apiVersion: "tekton.dev/v1",
    kind: "TaskRun",
    metadata: { name: "t", namespace: "n", uid: "u", creationTimestamp: "2026-01-01T00:00:00Z" },
    spec: { taskSpec: spec, timeout: "1h0m0s", serviceAccountName: "default", ...more },
    ...(status ? { status } : {}),
  };
}

function pod(phase: string, state?: object, more: object = {}): V1Pod {
  const containerStatuses = state ? [{ name: "step-s", state, ready: true }] : [];
  return { metadata: { name: "t-pod" }, status: { phase, containerStatuses, ...more } } as unknown as V1Pod;
}

describe("a pod template", () => {
  test("of a task counts field by field, env and volumes by name", () => {
    const run = {
      nodeSelector: { a: "1" },
      affinity: { nodeAffinity: {} },
      env: [{ name: "X", value: "run" }, { name: "Y" }],
    };
    const task = { affinity: { podAffinity: {} }, env: [{ name: "X", value: "task" }] };
    expect(mergePodTemplates(task, run)).toEqual({
      nodeSelector: { a: "1" },
      affinity: { podAffinity: {} },
      env: [{ name: "X", value: "task" }, { name: "Y" }],
    });
    expect(mergePodTemplates(undefined, run)).toBe(run);
    expect(mergePodTemplates(task, undefined)).toBe(task);
  });
});

test("parameters of the TaskRun, and the Task's defaults, are put into its pod template", () => {
  const params = [
    { name: "arch", value: "arm64" },
    { name: "list", value: ["a", "b"] },
  ];
  const podTemplate = {
    nodeSelector: {
      "kubernetes.io/arch": "$(params.arch)",
      "$(params.key)": "x",
      first: "$(params.list[0])",
      list: "$(params.list[*])",
      run: "$(params.unknown)",
    },
  };
  const task: TaskSpec = { ...spec, params: [{ name: "arch" }, { name: "key", default: "disk" }] };
  const observed = { run: taskRun({ params, podTemplate }), task: { spec: task }, pod: undefined, now };
  expect(reconcileTaskRun(observed).createPod!.spec!.nodeSelector).toEqual({
    "kubernetes.io/arch": "arm64",
    disk: "x",
    first: "a",
    list: "$(params.list[*])",
    run: "$(params.unknown)",
  });
});

describe("containers", () => {
  const requestsOf = (task: TaskSpec, run: TaskRun["spec"]) =>
    containers(task, run).steps.map(({ resources }) => resources?.requests);
  const two = { steps: [{ name: "a", computeResources: { requests: { cpu: "1" } } }, { name: "b" }] };

  test("share what the whole task asks for", () => {
    const computeResources = { requests: { cpu: "1", memory: "1Gi", "nvidia.com/gpu": "2" } };
    const half = { cpu: "500m", memory: "512Mi", "nvidia.com/gpu": "1" };
    expect(requestsOf(two, { computeResources })).toEqual([half, half]);
  });

  test("share limits that stand alone where a step asks for nothing", () => {
    const shared = containers(
      { steps: [{ name: "a" }] },
      { computeResources: { limits: { memory: "1Gi" } } },
    );
    expect(shared.steps[0]?.resources).toEqual({ requests: { memory: "1Gi" }, limits: { memory: "1Gi" } });
  });

  test("take what the run says for one of them, and what the template says", () => {
    const stepSpecs = [{ name: "a", computeResources: { requests: { cpu: "2" } } }];
    const stepTemplate = { computeResources: { requests: { memory: "1Gi" } } };
    expect(requestsOf({ ...two, stepTemplate }, { stepSpecs })).toEqual([
      { cpu: "2", memory: "1Gi" },
      { memory: "1Gi" },
    ]);
  });

  test("are called after their steps and sidecars", () => {
    const task = { steps: [{ name: "a" }, {}], sidecars: [{ name: "db" }] };
    const made = containers(task, {});
    expect(made.steps.map(({ name }) => name)).toEqual(["step-a", "step-unnamed-1"]);
    expect(made.sidecars.map(({ name }) => name)).toEqual(["sidecar-db"]);
  });
});

describe("a pod", () => {
  test("has its deadline at one and a half times the timeout, or never", () => {
    const deadline = (timeout: string) => taskRunPod(taskRun({ timeout }), spec).spec?.activeDeadlineSeconds;
    expect(deadline("10m0s")).toBe(900);
    expect(deadline("0s")).toBe(2 ** 31 - 1);
  });

  test("has the claims of its workspaces by its params, and by the Task's defaults", () => {
    const workspaces = [
      { name: "a", persistentVolumeClaim: { claimName: "a-$(params.team)" } },
      { name: "b", persistentVolumeClaim: { claimName: "b-$(params.shard)" } },
    ];
    const params = [{ name: "team" }, { name: "shard", default: "3" }];
    const taskSpec: TaskSpec = { ...spec, params, workspaces: [{ name: "a" }, { name: "b" }] };
    const run = taskRun({ taskSpec, workspaces, params: [{ name: "team", value: "red" }] });
    const { createPod } = reconcileTaskRun({ run, task: { spec: taskSpec }, pod: undefined, now });
    const claims = createPod!.spec!.volumes!.flatMap(volume => volume.persistentVolumeClaim?.claimName ?? []);
    expect(claims).toEqual(["a-red", "b-3"]);
  });

  test("mounts a claim once though two workspaces are on it", () => {
    const claim = { persistentVolumeClaim: { claimName: "c" } };
    const bindings = [
      { name: "a", ...claim },
      { name: "b", ...claim },
      { name: "c", emptyDir: {} },
    ];
    expect(new Set([...workspaceVolumes(bindings).values()].map(({ name }) => name)).size).toBe(2);
    const volumes = taskRunPod(taskRun({ workspaces: bindings }), spec).spec?.volumes ?? [];
    expect(volumes.filter(({ persistentVolumeClaim }) => persistentVolumeClaim)).toHaveLength(1);
  });

  test.each([
    ["Pending", "Unknown", pod("Pending")],
    [
      "ExceededNodeResources",
      "Unknown",
      pod("Pending", undefined, {
        conditions: [{ reason: "Unschedulable", message: "0/1: Insufficient cpu." }],
      }),
    ],
    ["Running", "Unknown", pod("Running", { running: {} })],
    ["Succeeded", "True", pod("Running", { terminated: { exitCode: 0 } })],
    ["Succeeded", "True", pod("Succeeded")],
    ["StepFailed", "False", pod("Failed", { terminated: { exitCode: 1 } })],
    ["StepOOM", "False", pod("Failed", { terminated: { exitCode: 137, reason: "OOMKilled" } })],
    ["PodEvicted", "False", pod("Failed", undefined, { reason: "Evicted" })],
    ["Failed", "False", pod("Failed")],
  ])("makes its TaskRun %s (%s)", (reason, status, made) => {
    expect(podVerdict(made, false)).toMatchObject({ reason, status });
  });

  test.each([
    ["ExceededResourceQuota", 403, 'pods "t" is forbidden: exceeded quota: q'],
    ["PodAdmissionFailed", 403, 'pods "t" is forbidden: violates PodSecurity "restricted:latest"'],
    ["PodCreationFailed", 400, 'admission webhook "w" denied the request'],
    ["PodCreationFailed", 500, 'failed calling webhook "w"'],
  ])("that is refused makes it %s (%i)", (reason, code, message) => {
    expect(consequence("t", { code, reason: "", message })).toMatchObject({ reason });
  });
});

describe("a TaskRun", () => {
  const startTime = "2026-01-01T00:00:30Z";
  const failedPod = pod("Failed", { terminated: { exitCode: 1 } });
  const step = (run: TaskRun, made?: V1Pod) => reconcileTaskRun({ run, task: { spec }, pod: made, now });
  const reasonOf = (run: TaskRun) => run.status?.conditions?.[0]?.reason;

  test("asks for a pod when it has none, also again", () => {
    expect(step(taskRun()).createPod?.metadata.name).toBe("t-pod");
    expect(step(taskRun({}, { startTime, podName: "t-pod" })).createPod?.metadata.name).toBe("t-pod");
  });

  test("is tried again as long as it may be", () => {
    const { run } = step(taskRun({ retries: 1 }, { startTime, podName: "t-pod" }), failedPod);
    expect(reasonOf(run)).toBe("ToBeRetried");
    expect(run.status).not.toHaveProperty("startTime");
    expect(step(run).createPod?.metadata.name).toBe("t-pod-retry1");
    const again = step({ ...run, status: { ...run.status, podName: "t-pod-retry1" } }, failedPod);
    expect(reasonOf(again.run)).toBe("StepFailed");
  });

  test("that is cancelled or takes too long loses its pod", () => {
    const cancelled = step(
      taskRun({ status: "TaskRunCancelled", retries: 3 }, { startTime, podName: "t-pod" }),
    );
    expect([cancelled.deletePod, reasonOf(cancelled.run)]).toEqual(["t-pod", "TaskRunCancelled"]);
    const late = step(taskRun({ timeout: "10s" }, { startTime, podName: "t-pod" }), pod("Running"));
    expect([late.deletePod, reasonOf(late.run)]).toEqual(["t-pod", "TaskRunTimeout"]);
  });

  test.each([
    ["TaskRunValidationFailed", { params: [{ name: "p" }] }],
    ["TaskRunValidationFailed", { workspaces: [{ name: "w" }] }],
    ["NotSupportedByStandIn", { steps: [{ ref: { name: "action" } }] }],
  ])("fails with %s when its Task asks for what is not there", (reason, more) => {
    const task = { spec: { ...spec, ...more } };
    expect(reasonOf(reconcileTaskRun({ run: taskRun(), task, pod: undefined, now }).run)).toBe(reason);
  });
});
