import { describe, expect, test } from "@jest/globals";
import { stringify } from "yaml";
import { previewOfText, runText } from "./testing";
import { previewText } from "./words";

const step = (cpu: string, memory = "1Gi") => ({
  steps: [{ name: "s", computeResources: { requests: { cpu, memory } } }],
});
const pipeline = {
  tasks: [
    { name: "fetch", taskRef: { name: "get" } },
    ...["2", "2", "5"].map((cpu, index) => ({
      name: `build-${index}`,
      runAfter: ["fetch"],
      taskSpec: step(cpu),
    })),
  ],
};
const named = (apiVersion: string, kind: string, name: string, rest: object, namespace?: string) =>
  JSON.stringify({ apiVersion, kind, metadata: { name, namespace }, ...rest });
const file = (...documents: string[]) => documents.join("\n---\n");
/** Two tasks, one of a higher priority. */
const TEMPLATES = {
  pipelineSpec: { tasks: ["a", "b"].map(name => ({ name, taskSpec: { steps: [{ name: "s" }] } })) },
  taskRunTemplate: { podTemplate: { runtimeClassName: "kata", priorityClassName: "low" } },
  taskRunSpecs: [{ pipelineTaskName: "a", podTemplate: { priorityClassName: "high" } }],
};

test("peak, the tasks that make it, and the first wave, with definitions from the same file", () => {
  const text = file(
    named("tekton.dev/v1", "Pipeline", "p", { spec: pipeline }),
    named("tekton.dev/v1", "Task", "get", { spec: step("1") }),
    runText({ spec: { pipelineSpec: undefined, pipelineRef: { name: "p" } } }),
  );
  expect(previewOfText(text)).toMatchObject({
    peak: { cpu: "9", memory: "3Gi" },
    peakTasks: { cpu: ["build-0", "build-1", "build-2"], memory: ["build-0", "build-1", "build-2"] },
    firstWave: { cpu: "1", memory: "1Gi" },
    notes: [],
  });
});

test("a definition of another namespace is not the run's", () => {
  const text = file(
    named("tekton.dev/v1", "Task", "get", { spec: step("1") }, "elsewhere"),
    runText({ spec: { pipelineSpec: pipeline } }),
  );
  const { firstWave, notes } = previewOfText(text);
  expect(firstWave).toEqual({ cpu: "500m", memory: "512Mi" });
  expect(notes).toEqual([
    expect.stringContaining("fetch (Task get was not read)"),
    expect.stringContaining("use --kubeconfig"),
  ]);
});

test("LimitRanges, overhead and priority classes of the file count", () => {
  const limits = [{ type: "Container", defaultRequest: { cpu: "300m" } }];
  const text = file(
    named("v1", "LimitRange", "l", { spec: { limits } }),
    named("node.k8s.io/v1", "RuntimeClass", "kata", { overhead: { podFixed: { cpu: "250m" } } }),
    named("scheduling.k8s.io/v1", "PriorityClass", "low", { value: 1 }),
    named("scheduling.k8s.io/v1", "PriorityClass", "high", { value: 2 }),
    runText({ spec: TEMPLATES }),
  );
  const { peak, notes, placeholder, pod } = previewOfText(text);
  expect(peak).toEqual({ cpu: "1100m" });
  expect(notes).toEqual([]);
  expect(placeholder!.spec!.template.spec).toMatchObject({
    priorityClassName: "pipelinerun-pod-affinity-2",
    runtimeClassName: "kata",
  });
  expect(pod!.spec).toMatchObject({ priorityClassName: "high", runtimeClassName: "kata" });
});

test("what is not known of them is said", () => {
  expect(previewOfText(runText({ spec: TEMPLATES })).notes).toEqual([
    "The overhead of RuntimeClass kata is not known, and counts as nothing.",
    "The value of these priority classes is not known, and counts as 0: high, low.",
  ]);
});

describe("placeholder and pod", () => {
  test("belong together", () => {
    const { placeholder, pod } = previewOfText(runText());
    const name = placeholder!.metadata!.name;
    expect(pod!.metadata!.labels).toMatchObject({ "pod-affinity.tekton.dev/placeholder": name });
    const [term] = pod!.spec!.affinity!.podAffinity!.requiredDuringSchedulingIgnoredDuringExecution!;
    expect(placeholder!.spec!.template.metadata!.labels).toMatchObject(term!.labelSelector!.matchLabels!);
  });

  test("follow the run's choices", () => {
    const annotations = { "pod-affinity.tekton.dev/topology-key": "zone" };
    const { pod } = previewOfText(runText({ metadata: { annotations } }));
    expect(pod!.spec!.affinity!.podAffinity!.requiredDuringSchedulingIgnoredDuringExecution).toEqual([
      expect.objectContaining({ topologyKey: "zone" }),
    ]);
  });

  test("are those that it would have, of a run that does not opt in", () => {
    const metadata = { labels: {} };
    const { admission, placeholder, pod, problems } = previewOfText(runText({ metadata }));
    expect(admission.outcome).toBe("not opted in");
    expect(problems).toEqual([]);
    expect({ placeholder, pod }).toEqual(expect.objectContaining(partsOf(previewOfText(runText()))));
  });

  test.each([
    ["left alone", { spec: { managedBy: "kueue" } }, 0],
    ["refused", { metadata: { annotations: { "pod-affinity.tekton.dev/isolate": "x" } } }, 1],
  ])("are none of a run that is %s", (outcome, parts, problems) => {
    const preview = previewOfText(runText(parts));
    expect(preview).toMatchObject({ admission: { outcome }, placeholder: null, pod: null });
    expect(preview.problems).toHaveLength(problems);
    expect(preview.waves).toHaveLength(1);
  });
});

const partsOf = ({ placeholder, pod }: ReturnType<typeof previewOfText>) => ({ placeholder, pod });

test("a run that would be held and never placed has a problem", () => {
  const podTemplate = (zone: string) => ({ podTemplate: { nodeSelector: { zone } } });
  const taskRunSpecs = [{ pipelineTaskName: "a", ...podTemplate("2") }];
  const tasks = ["a", "b"].map(name => ({ name, taskSpec: step("1") }));
  const spec = { taskRunTemplate: podTemplate("1"), taskRunSpecs };
  expect(previewOfText(runText({ spec: { ...spec, pipelineSpec: { tasks } } })).problems).toEqual([
    "The run would be held for 1h, and then be cancelled, as no one node can serve all of its pods: " +
      "zone=2 (nodeSelector of a) and zone=1 (nodeSelector of b).",
  ]);
  // No pod has the run's own template.
  expect(previewOfText(runText({ spec })).problems).toEqual([]);
});

test("a quota of requests, and pods of which one container asks for nothing, are said", () => {
  const quota = named("v1", "ResourceQuota", "builds", { spec: { hard: { "requests.cpu": "9" } } });
  const { notes } = previewOfText(file(quota, runText()));
  expect(notes).toEqual([
    "Kubernetes will refuse the pods of a (ResourceQuota builds demands requests of cpu of each container, and one has none).",
  ]);
});

test.each([
  { choices: {}, words: "held for 1h, and then be cancelled" },
  { choices: { "placement-timeout": "none" }, words: "held for ever" },
  { choices: { "on-timeout": "wait" }, words: "held for ever" },
  {
    choices: { "placement-timeout": "30s", "on-timeout": "run-anyway" },
    words: "held for 30s, and then start without affinity",
  },
  {
    choices: { "placement-timeout": "10m", "on-timeout": "cancel" },
    words: "held for 10m, and then be cancelled",
  },
])("a run that no node can serve would be $words", ({ choices, words }) => {
  const onZone = (pipelineTaskName: string, zone: string) => ({
    pipelineTaskName,
    podTemplate: { nodeSelector: { zone } },
  });
  const { tasks } = TEMPLATES.pipelineSpec;
  const spec = { pipelineSpec: { tasks }, taskRunSpecs: [onZone("a", "1"), onZone("b", "2")] };
  const annotations = Object.fromEntries(
    Object.entries(choices).map(([name, value]) => [`pod-affinity.tekton.dev/${name}`, value]),
  );
  const { problems } = previewOfText(runText({ metadata: { annotations }, spec }));
  expect(problems).toEqual([expect.stringContaining(`would be ${words}, as no one node`)]);
});

test("the sidecar that reads results counts, where Tekton's feature flags add it", () => {
  const flags = named("v1", "ConfigMap", "feature-flags", { data: { "results-from": "sidecar-logs" } });
  const limits = [{ type: "Container", defaultRequest: { cpu: "300m" } }];
  const range = named("v1", "LimitRange", "least", { spec: { limits } }, "default");
  const taskSpec = { ...step("1"), results: [{ name: "digest" }] };
  const text = runText({ spec: { pipelineSpec: { tasks: [{ name: "a", taskSpec }] } } });
  expect(previewOfText(file(range, text)).peak).toMatchObject({ cpu: "1" });
  expect(previewOfText(file(flags, range, text)).peak).toMatchObject({ cpu: "1300m" });
});

test("Tekton's default pod template counts, from its ConfigMap", () => {
  const template = { nodeSelector: { arch: "amd64" }, tolerations: [{ key: "all", operator: "Exists" }] };
  const configMap = (text: string) =>
    JSON.stringify({
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: { name: "config-defaults", namespace: "tekton-pipelines" },
      data: { "default-pod-template": text },
    });
  const own = [{ key: "run", operator: "Exists" }];
  const text = runText({ spec: { taskRunTemplate: { podTemplate: { tolerations: own } } } });
  const { placeholder, pod } = previewOfText(file(configMap(stringify(template)), text));
  for (const spec of [placeholder!.spec!.template.spec!, pod!.spec!]) {
    expect(spec).toMatchObject({ nodeSelector: { arch: "amd64" }, tolerations: own });
  }
  expect(() => previewOfText(file(configMap("[1]"), text))).toThrow(
    /config-defaults is \[1\], and must be a map/,
  );
  expect(() => previewOfText(file(configMap("a: ["), text))).toThrow(/config-defaults is not YAML/);
});

test("a RuntimeClass of one task counts for its pods, and for where the placeholder goes", () => {
  const runtimeClass = {
    overhead: { podFixed: { cpu: "250m", memory: "120Mi" } },
    scheduling: { nodeSelector: { sandbox: "yes" }, tolerations: [{ key: "sandbox", operator: "Exists" }] },
  };
  const tasks = ["boxed", "plain"].map(name => ({ name, taskSpec: step("1", "512Mi") }));
  const taskRunSpecs = [{ pipelineTaskName: "boxed", podTemplate: { runtimeClassName: "box" } }];
  const text = file(
    named("node.k8s.io/v1", "RuntimeClass", "box", runtimeClass),
    runText({ spec: { pipelineSpec: { tasks }, taskRunSpecs } }),
  );
  const { peak, waves, placeholder, pod, notes } = previewOfText(text);
  expect({ peak, notes }).toEqual({ peak: { cpu: "2250m", memory: "1144Mi" }, notes: [] });
  expect(waves[0]!.map(({ requests }) => requests["cpu"])).toEqual(["1250m", "1"]);
  const spec = placeholder!.spec!.template.spec!;
  expect(spec).toMatchObject({ nodeSelector: { sandbox: "yes" }, tolerations: [] });
  expect(spec).not.toHaveProperty("runtimeClassName");
  expect(pod!.spec).toMatchObject({
    runtimeClassName: "box",
    nodeSelector: { sandbox: "yes" },
    tolerations: [{ key: "sandbox", operator: "Exists" }],
  });
});

test("what Kubernetes will refuse is said, and stands in no StatefulSet", () => {
  const podTemplate = { nodeSelector: { arch: "$(params.arch)" } };
  const { notes, placeholder } = previewOfText(runText({ spec: { taskRunTemplate: { podTemplate } } }));
  expect(notes).toEqual([
    expect.stringMatching(/^Kubernetes will refuse pods of the run: .*\$\(params.arch\) \(a\)/),
  ]);
  expect(JSON.stringify(placeholder)).not.toContain("$(");
});

test.each([
  [
    "a circle",
    [
      { name: "a", runAfter: ["b"] },
      { name: "b", runAfter: ["a"] },
    ],
    /circle/,
  ],
  ["an unknown runAfter", [{ name: "a", runAfter: ["b"] }], /comes after "b"/],
])("%s is a problem, and Tekton's", (_, tasks, note) => {
  const preview = previewOfText(stringify(JSON.parse(runText({ spec: { pipelineSpec: { tasks } } }))));
  expect(preview).toMatchObject({ waves: [], peak: {}, firstWave: {}, pod: null });
  expect(preview.problems).toEqual([expect.stringMatching(/^Tekton would not start the run/)]);
  expect(preview.notes).toEqual([expect.stringMatching(note)]);
});

test("of a run whose Pipeline is not known there is a pod, of no task", () => {
  const spec = { pipelineSpec: undefined, pipelineRef: { resolver: "git" } };
  const { pod, waves, peak } = previewOfText(runText({ spec }));
  expect(waves).toEqual([[expect.objectContaining({ pods: 1 })]]);
  expect(peak).toEqual({ cpu: "500m", memory: "512Mi" });
  expect(pod!.metadata).not.toHaveProperty("name");
  expect(pod!.metadata!.labels).not.toHaveProperty("tekton.dev/pipelineTask");
});

describe("volumes", () => {
  const workspaces = [
    { name: "cache", persistentVolumeClaim: { claimName: "cache" } },
    { name: "out", volumeClaimTemplate: { spec: { storageClassName: "fast" } } },
  ];
  const used = ["cache", "out"].map(name => ({ name }));
  const tasks = [{ name: "a", workspaces: used, taskSpec: { workspaces: used, steps: [{ name: "s" }] } }];
  const spec = { workspaces, pipelineSpec: { workspaces: used, tasks } };
  const claim = (accessModes: string[]) =>
    named("v1", "PersistentVolumeClaim", "cache", { spec: { accessModes, volumeName: "pv" } });
  const volumesIn = (text: string) => {
    const { placeholder, notes } = previewOfText(text);
    return { volumes: placeholder?.spec?.template.spec?.volumes, notes };
  };

  test("stand in the placeholder, and what is not known of them is said", () => {
    const { volumes, notes } = volumesIn(runText({ spec }));
    expect(volumes).toEqual([{ name: "claim-1", persistentVolumeClaim: { claimName: "cache" } }]);
    expect(notes).toEqual([expect.stringContaining("The claim cache was not read")]);
  });
  test("claims and classes of the file count", () => {
    const bindsAtOnce = named("storage.k8s.io/v1", "StorageClass", "fast", {
      volumeBindingMode: "Immediate",
    });
    const text = file(claim(["ReadWriteOncePod"]), bindsAtOnce, runText({ spec }));
    const { volumes, notes } = volumesIn(text);
    expect(volumes).toBeUndefined();
    expect(notes).toEqual([
      expect.stringContaining("cache is ReadWriteOncePod"),
      expect.stringContaining("StorageClass fast of the volumeClaimTemplate of workspace out binds at once"),
    ]);
    expect(volumesIn(file(claim(["ReadWriteOnce"]), runText({ spec }))).notes).toEqual([]);
  });

  test("claims are named that decide where it goes, by themselves or by the place of their volumes", () => {
    const volume = named("v1", "PersistentVolume", "pv", { spec: {} });
    for (const text of [runText({ spec }), file(volume, claim(["ReadWriteOnce"]), runText({ spec }))]) {
      const made = previewOfText(text);
      expect(made.claims).toEqual(["cache"]);
      expect(previewText(made)).toContain("It goes where the volumes of these claims can be used: cache\n");
    }
  });
});

describe("nodes of the file", () => {
  const node = (zone: string, arch: string) =>
    named("v1", "Node", `${zone}-${arch}`, {
      metadata: { name: `${zone}-${arch}`, labels: { zone, arch } },
      status: { allocatable: { cpu: "4", memory: "8Gi" } },
    });
  const onArch = (pipelineTaskName: string, arch: string) => ({
    pipelineTaskName,
    podTemplate: { nodeSelector: { arch } },
  });
  const tasks = ["a", "b"].map(name => ({ name, taskSpec: { steps: [{ name: "s" }] } }));
  const spec = { pipelineSpec: { tasks }, taskRunSpecs: [onArch("a", "amd64"), onArch("b", "arm64")] };
  const text = runText({
    metadata: { annotations: { "pod-affinity.tekton.dev/topology-key": "zone" } },
    spec,
  });
  const goesTo = (...nodes: string[]) => {
    const { placeholder, notes } = previewOfText(file(...nodes, text));
    const { nodeAffinity } = placeholder!.spec!.template.spec!.affinity!;
    const required = nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
    return { zones: required?.nodeSelectorTerms[0]?.matchExpressions?.[0]?.values, note: notes.at(-1) };
  };

  test("say which zones have all that a run over a zone needs", () => {
    expect(goesTo(node("1", "amd64"), node("2", "amd64"), node("2", "arm64"))).toEqual({
      zones: ["2"],
      note: "It goes where there are nodes of all of these kinds: zone 2.",
    });
  });
  test("say that none is large enough", () => {
    const small = named("v1", "Node", "small", { status: { allocatable: { cpu: "2", memory: "8Gi" } } });
    const { steps } = { steps: [{ name: "s", computeResources: { requests: { cpu: "3" } } }] };
    const large = runText({ spec: { pipelineSpec: { tasks: [{ name: "a", taskSpec: { steps } }] } } });
    const { problems, notes } = previewOfText(file(small, large));
    expect(problems).toEqual([]);
    expect(notes).toEqual([expect.stringMatching(/asks for cpu 3, memory 16Mi; .* small, has cpu 2/)]);
  });
  test("that are not there are not counted", () => {
    expect(goesTo()).toEqual({ zones: undefined, note: expect.stringMatching(/nodes of different kinds/) });
  });
});

test("a choice that the settings do not allow is noted: its namespace may", () => {
  const annotations = { "pod-affinity.tekton.dev/isolation-topology-key": "kubernetes.io/os" };
  const { notes } = previewOfText(runText({ metadata: { annotations } }));
  expect(notes).toEqual([
    expect.stringMatching(/would be refused, unless its namespace allows it: .*kubernetes.io\/os/),
  ]);
});
