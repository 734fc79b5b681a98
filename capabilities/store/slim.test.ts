import { describe, expect, test } from "@jest/globals";
import type { V1Pod, V1PodSpec } from "@kubernetes/client-node";
import { PHASE_LABEL } from "../keys";
import { neverFits } from "../placement/never-fits";
import type { PipelineRun } from "../tekton/objects";
import {
  aRun,
  containerStatus,
  placeholderPodOf,
  runPod,
  taskRunOf,
  unschedulable,
} from "../testing/builders";
import { slimPod } from "./slim-pod";
import { hasWholeSpec, MOST_SPEC_CHARACTERS, slimRun, slimTaskRun } from "./slim-run";

const long = (characters: number) => "x".repeat(characters);
const sizeOf = (object: unknown): number => JSON.stringify(object).length;
const withParam = (characters: number) =>
  ({ params: [{ name: "list", value: long(characters) }] }) as NonNullable<
    Parameters<typeof slimRun>[0]["spec"]
  >;
const KB = 1000;
const BIG = { cpu: 10 ** 6, memory: 2 ** 50 };

describe("a run", () => {
  test.each([
    {
      name: "that is held",
      run: aRun()
        .held()
        .spec(withParam(1200 * KB)).run,
    },
    {
      name: "that was let go",
      run: aRun()
        .placed()
        .spec(withParam(1200 * KB)).run,
    },
  ])("of 1.2 MB $name leaves under 40 kB", ({ run }) => {
    const { metadata } = run;
    metadata!.annotations = { "kubectl.kubernetes.io/last-applied-configuration": long(200 * KB) };
    metadata!.managedFields = [{ manager: long(200 * KB) }];
    metadata!.labels!["team"] = long(63);
    run.status = {
      conditions: [{ type: "Succeeded", status: "Unknown", reason: "Running", message: long(100 * KB) }],
      pipelineSpec: { tasks: [long(500 * KB)] },
      childReferences: [{ name: long(100 * KB) }],
    } as unknown as typeof run.status;
    expect(sizeOf(slimRun(run))).toBeLessThan(40 * KB);
  });

  test("keeps its spec while it is held and no longer than the bound", () => {
    const short = aRun().held().spec(withParam(100)).run;
    expect(slimRun(short).spec).toEqual(short.spec);
    expect(hasWholeSpec(slimRun(short))).toBe(true);
    const longer = slimRun(aRun().held().spec(withParam(MOST_SPEC_CHARACTERS)).run);
    expect(longer.spec).toEqual({ status: "PipelineRunPending" });
    expect(hasWholeSpec(longer)).toBe(false);
    expect(hasWholeSpec(slimRun(aRun().placed().spec(withParam(100)).run))).toBe(false);
  });

  test.each([
    { name: "tells that it is resolved, once it was let go", builder: aRun().placed(), expected: {} },
    { name: "with its whole spec has nothing in its place", builder: aRun().held(), expected: undefined },
  ])("$name", ({ builder: { run }, expected }) => {
    expect(slimRun({ ...run, status: { pipelineSpec: { tasks: [] } } }).status!.pipelineSpec).toEqual(
      expected,
    );
  });

  test.each([
    { name: "that Tekton has set back", phase: "held", kept: "held" },
    { name: "that is right", phase: "placed", kept: undefined },
  ])("of one that is placed keeps a phase $name: $kept", ({ phase, kept }) => {
    const { run } = aRun().placed();
    run.metadata!.labels![PHASE_LABEL] = phase;
    expect(slimRun(run).metadata!.labels![PHASE_LABEL]).toBe(kept);
  });

  test("tells that it uses claims, though its spec is not kept", () => {
    const claims = Array.from({ length: 1000 }, (_, index) => ({
      name: `w${index}`,
      persistentVolumeClaim: { claimName: long(63) },
    }));
    const { spec } = slimRun(aRun().held().spec({ workspaces: claims }).run);
    expect(spec!.workspaces).toHaveLength(1);
  });

  test("keeps what names it, whose it is, and how far it is", () => {
    const run = aRun().placed().child().annotation("pod-affinity.tekton.dev/run", "root").run;
    run.metadata!.ownerReferences!.push({ apiVersion: "v1", kind: "ConfigMap", name: "x", uid: "x" });
    run.status = {
      conditions: [{ type: "Succeeded", status: "False", reason: "Failed" }],
      startTime: "2026-01-01T00:00:00Z",
      skippedTasks: [{ name: "a", reason: long(100) } as { name: string }],
    };
    const slim = slimRun(run);
    expect(slim.metadata).toMatchObject({ name: "build", namespace: "ci", uid: run.metadata!.uid });
    expect(slim.metadata!.annotations).toEqual({ "pod-affinity.tekton.dev/run": "root" });
    expect(slim.metadata!.ownerReferences).toEqual([run.metadata!.ownerReferences![0]]);
    expect(slim.status).toEqual({ ...run.status, skippedTasks: [{ name: "a" }] });
  });
});

describe("what a tenant may make long or many of", () => {
  const many = (count: number) => Array.from({ length: count }, (_, index) => index);
  const entries = (count: number, value: string) =>
    Object.fromEntries(many(count).map(index => [`pod-affinity.tekton.dev/x${index}`, value]));
  const terms = many(2000).map(index => ({
    matchExpressions: [{ key: "pool", operator: "In", values: [`${index}${long(60)}`] }],
  }));
  const required = { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: terms } };
  const requests = Object.fromEntries(many(3000).map(index => [`example.com/d${index}`, "1"]));
  const pod = (spec: Partial<V1PodSpec>): V1Pod => ({
    ...runPod("Pending"),
    spec: { containers: [{ name: "c" }], ...spec },
  });
  const placeholder = (spec: Partial<V1PodSpec>): V1Pod => {
    const made = placeholderPodOf(aRun().held().run);
    return { ...made, spec: { ...made.spec!, ...spec } };
  };

  test.each([
    { name: "annotations of ours on a run", slim: () => slimRun(annotated(entries(10_000, "x"))) },
    { name: "long annotations of ours on a run", slim: () => slimRun(annotated(entries(20, long(50 * KB)))) },
    {
      name: "annotations of ours on a TaskRun",
      slim: () => slimTaskRun({ metadata: { annotations: entries(1000, long(KB)) } }),
    },
    {
      name: "annotations of ours on a child run",
      slim: () => {
        const { run } = aRun().placed().child();
        run.metadata!.annotations = entries(20, long(2000));
        return slimRun(run);
      },
    },
    {
      name: "labels",
      slim: () => {
        const labels = Object.fromEntries(many(5000).map(index => [`tekton.dev/l${index}`, long(63)]));
        return slimTaskRun({ metadata: { labels } });
      },
    },
    {
      name: "its managedBy",
      slim: () =>
        slimRun(
          aRun()
            .placed()
            .managedBy(long(1000 * KB)).run,
        ),
    },
    {
      name: "containers",
      slim: () => slimPod(pod({ containers: many(5000).map(() => ({ name: long(60) })) })),
    },
    { name: "resources", slim: () => slimPod(pod({ containers: [{ name: "c", resources: { requests } }] })) },
    {
      name: "claims",
      slim: () =>
        slimPod(
          pod({
            volumes: many(5000).map(index => ({
              name: `v${index}`,
              persistentVolumeClaim: { claimName: long(200) },
            })),
          }),
        ),
    },
    { name: "a node affinity", slim: () => slimPod(placeholder({ affinity: { nodeAffinity: required } })) },
    {
      name: "tolerations",
      slim: () => slimPod(placeholder({ tolerations: many(5000).map(index => ({ key: `k${index}` })) })),
    },
  ])("$name cost under 40 kB", ({ slim }) => {
    expect(sizeOf(slim())).toBeLessThan(40 * KB);
  });

  function annotated(annotations: Record<string, string>): PipelineRun {
    const { run } = aRun().placed();
    return { ...run, metadata: { ...run.metadata, annotations } };
  }

  test("names of skipped tasks cost under 70 kB, and the first ones are known", () => {
    const run = aRun().placed().run;
    run.status = { skippedTasks: many(20_000).map(index => ({ name: `t${index}` })) };
    const slim = slimRun(run);
    expect(sizeOf(slim)).toBeLessThan(70 * KB);
    expect(slim.status!.skippedTasks!.length).toBeGreaterThan(3000);
    expect(slim.status!.skippedTasks![0]).toEqual({ name: "t0" });
  });

  test("of a held run whose choices are too long to be kept, the whole is read where it counts", () => {
    const held = (value: string) =>
      slimRun(aRun().held().annotation("pod-affinity.tekton.dev/requests", value).run);
    expect(hasWholeSpec(held("cpu=1"))).toBe(true);
    expect(hasWholeSpec(held(`cpu=1,${long(5000)}`))).toBe(false);
  });

  test("a placeholder with too many places to go may go anywhere, as far as is known", () => {
    const nodes = [{ name: "n", labels: {}, taints: [{ key: "a", effect: "NoSchedule" }], allocatable: BIG }];
    const affinity = { nodeAffinity: required };
    expect(neverFits(slimPod(placeholder({ affinity, tolerations: [] })), nodes)).toBeUndefined();
    const few = {
      nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [terms[0]!] } },
    };
    expect(neverFits(slimPod(placeholder({ affinity: few })), nodes)).toBeDefined();
  });

  test("of a placeholder's many gates, a few are named", () => {
    const gates = many(2000).map(index => ({ name: `example.com/g${index}` }));
    const kept = slimPod(placeholder({ schedulingGates: gates })).spec!.schedulingGates;
    expect(kept).toEqual(gates.slice(0, 5));
  });

  test("of a container with too many resources, cpu and memory count", () => {
    const containers = [
      { name: "c", resources: { requests: { ...requests, cpu: "1" }, limits: { cpu: "2" } } },
    ];
    expect(slimPod(pod({ containers })).spec!.containers).toEqual([
      { name: "c", resources: { requests: { cpu: "1" } } },
    ]);
  });
});

describe("a pod", () => {
  test("of a run, however long, leaves under 4 kB", () => {
    const pod = unschedulable(runPod("Pending"), long(100 * KB));
    pod.metadata!.annotations = { "tekton.dev/ready": long(100 * KB) };
    pod.spec = {
      containers: [{ name: "step", image: long(KB), env: [{ name: "A", value: long(100 * KB) }] }],
      affinity: { nodeAffinity: { preferredDuringSchedulingIgnoredDuringExecution: [] } },
      volumes: [
        { name: "script", configMap: { name: long(KB) } },
        { name: "data", persistentVolumeClaim: { claimName: "data" } },
      ],
    };
    pod.status!.containerStatuses = [{ name: "step", image: long(100 * KB) } as never];
    const slim = slimPod(pod);
    expect(sizeOf(slim)).toBeLessThan(4 * KB);
    expect(slim.spec!.volumes).toEqual([{ name: "data", persistentVolumeClaim: { claimName: "data" } }]);
  });

  test("keeps the words of the scheduler that decisions read, at its message's beginning", () => {
    const said = "0/9 nodes are available: 1 Insufficient cpu. ";
    const slim = slimPod(unschedulable(runPod("Pending"), said + long(100 * KB)));
    const [condition] = slim.status!.conditions!;
    expect(condition!.message!.startsWith(said)).toBe(true);
    expect(condition!.message!.length).toBeLessThanOrEqual(1024);
  });

  test("keeps of the kubelet's conditions which spec they speak of", () => {
    const pod = placeholderPodOf(aRun().held().run, "node-1");
    const pending = { type: "PodResizePending", status: "True", observedGeneration: 3 };
    pod.metadata!.generation = 4;
    pod.status!.conditions = [pending, { type: "Ready", status: "True" }];
    const slim = slimPod(pod);
    expect(slim.metadata!.generation).toBe(4);
    expect(slim.status!.conditions).toEqual([pending]);
  });

  test("keeps why the placeholder's container cannot run, and nothing of how it starts", () => {
    const pod = placeholderPodOf(aRun().held().run, "node-1");
    const kept = (state: object) => {
      pod.status!.containerStatuses = [{ ...containerStatus(undefined), state }];
      return slimPod(pod).status!.containerStatuses![0]!.state;
    };
    const waiting = { reason: "ImagePullBackOff", message: "no such image" };
    expect(kept({ waiting })).toEqual({ waiting });
    expect(kept({ waiting: { ...waiting, message: long(KB * 2) } })!.waiting!.message).toHaveLength(1024);
    expect(kept({ waiting: { reason: "ContainerCreating" } })).toBeUndefined();
    expect(kept({ running: { startedAt: "2026-01-01T00:00:00Z" } })).toBeUndefined();
  });

  test("of a placeholder keeps where it may go until it has its node", () => {
    const nodeSelector = { pool: "a" };
    const of = (node?: string) => {
      const pod = placeholderPodOf(aRun().held().run, node);
      pod.spec!.nodeSelector = nodeSelector;
      return slimPod(pod).spec!.nodeSelector;
    };
    expect([of(), of("node-1")]).toEqual([nodeSelector, undefined]);
  });
});

test("a TaskRun keeps its condition and what it is of", () => {
  const taskRun = taskRunOf("a", "True");
  Object.assign(taskRun.status!, { taskSpec: { steps: [long(100 * KB)] }, results: [long(KB)] });
  const slim = slimTaskRun(taskRun);
  expect(sizeOf(slim)).toBeLessThan(KB);
  expect(slim.metadata!.labels).toEqual(taskRun.metadata!.labels);
  expect(slim.status).toEqual({ conditions: [{ type: "Succeeded", status: "True" }] });
});
