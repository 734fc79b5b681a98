/** What is not ours to hold, what is refused, and what other people's objects do to a run. */
import { beforeAll, describe, expect, test } from "@jest/globals";
import { PatchStrategy, setHeaderOptions } from "@kubernetes/client-node";
import { isPlaceholderPod } from "../../capabilities/tekton/placeholder-pod";
import { placeholderName } from "../../capabilities/placement/names";
import { HELD_LABEL, PLACEHOLDER_LABEL } from "../../capabilities/keys";
import { isPending } from "../../capabilities/tekton/objects";
import { addNode } from "../../testbed/nodes";
import { setCoschedule } from "../../testbed/operator";
import { until } from "../../testbed/until";
import { nap, run, RUN_MILLISECONDS } from "../operated-cluster";
import { operated, tasks, untilPlaced } from "./cluster";

const OPT_IN = "tekton.dev/custom-pod-affinity";

export function choicesTests(): void {
  beforeAll(async () => {
    await operated.createNamespace("edges");
    await operated.createNamespace("opted-in", { [OPT_IN]: "true" });
  }, RUN_MILLISECONDS);

  describe("not opted in", () => {
    test.each(["TRUE", "1", "", "false"])("label %j", async value => {
      const name = `not-${value === "" ? "empty" : value.toLowerCase()}`;
      const made = await operated.createRun("edges", run(name, tasks, { labels: { [OPT_IN]: value } }));
      expect(isPending(made)).toBe(false);
      expect(made.metadata?.labels?.[HELD_LABEL]).toBeUndefined();
    });

    test("a run's own false in an opted-in namespace", async () => {
      const made = await operated.createRun(
        "opted-in",
        run("own-false", tasks, { labels: { [OPT_IN]: "false" } }),
      );
      expect(isPending(made)).toBe(false);
    });
  });

  test(
    "a run of an opted-in namespace is held and placed without a label of its own",
    async () => {
      const made = await operated.createRun("opted-in", run("by-namespace", tasks, { labels: {} }));
      expect(isPending(made)).toBe(true);
      await untilPlaced("opted-in", "by-namespace");
    },
    RUN_MILLISECONDS,
  );

  describe("not ours to hold", () => {
    test("a run that is managed by another controller", async () => {
      const made = await operated.createRun(
        "edges",
        run("managed", tasks, {}, { managedBy: "example.com/other" }),
      );
      expect(isPending(made)).toBe(false);
    });

    test(
      "a run that arrives Pending stays so until its gate lifts it, and is placed then",
      async () => {
        const status = "PipelineRunPending";
        const made = await operated.createRun("edges", run("gated", tasks, {}, { status }));
        expect(made.metadata?.labels?.[HELD_LABEL]).toBeUndefined();
        // A run that came after it has been placed: ours had every chance to lift the other's hold.
        await operated.createRun("edges", run("after-gated", tasks));
        await untilPlaced("edges", "after-gated");
        expect(isPending(await operated.readRun("edges", "gated"))).toBe(true);
        await operated.patchRun("edges", "gated", [{ op: "remove", path: "/spec/status" }]);
        await untilPlaced("edges", "gated");
      },
      RUN_MILLISECONDS,
    );
  });

  describe("refused at creation, with key, value and what is allowed", () => {
    test.each([
      ["isolation", "maybe", "required, preferred, none"],
      ["isolation-scope", "planet", "cluster, namespace"],
      ["topology-key", "not a key", "node label"],
      ["isolation-topology-key", "kubernetes.io/os", "topology.kubernetes.io/zone"],
      ["colour", "red", "pod-affinity.tekton.dev/isolation"],
    ])("%s: %s", async (key, value, allowed) => {
      const annotations = { [`pod-affinity.tekton.dev/${key}`]: value };
      const refusal = await operated.createRun("edges", run(`bad-${key}`, tasks, { annotations })).then(
        () => "",
        (error: Error) => error.message,
      );
      expect(refusal).toContain(`pod-affinity.tekton.dev/${key}`);
      expect(refusal).toContain(value);
      expect(refusal).toContain(allowed);
    });
  });

  test(
    "a namespace's administrator may allow more and less than the settings; what is changed on a held run is told",
    async () => {
      const prefix = "pod-affinity.tekton.dev/";
      await operated.createNamespace("limits");
      const { core } = operated.cluster.clients;
      const allowed = {
        [`${prefix}allowed-isolation-topology-keys`]: "kubernetes.io/os",
        [`${prefix}allowed-isolation-scopes`]: "namespace",
      };
      await core.patchNamespace(
        { name: "limits", body: { metadata: { annotations: allowed } } },
        setHeaderOptions("Content-Type", PatchStrategy.MergePatch),
      );
      const choosing = (name: string, key: string, value: string) =>
        operated.createRun("limits", run(name, tasks, { annotations: { [prefix + key]: value } }));
      await expect(choosing("zone", "isolation-topology-key", "topology.kubernetes.io/zone")).rejects.toThrow(
        "of its namespace",
      );
      // Of its own namespace alone: other tests are not to wait for it.
      const annotations = {
        [`${prefix}isolation-topology-key`]: "kubernetes.io/os",
        [`${prefix}isolation-scope`]: "namespace",
      };
      await operated.createRun("limits", run("by-system", tasks, { annotations }));
      await untilPlaced("limits", "by-system");
      await operated.createRun("edges", run("changed", tasks, {}, { status: "PipelineRunPending" }));
      await operated.patchRun("edges", "changed", [
        {
          op: "add",
          path: "/metadata/annotations/pod-affinity.tekton.dev~1isolation-topology-key",
          value: "kubernetes.io/os",
        },
        { op: "remove", path: "/spec/status" },
      ]);
      await untilPlaced("edges", "changed");
      const told = await until("people to be told", RUN_MILLISECONDS, async () =>
        (await operated.warnings("edges")).find(({ reason }) => reason === "ChoiceNotAllowed"),
      );
      expect(told.message).toContain("kubernetes.io/os");
    },
    2 * RUN_MILLISECONDS,
  );

  test(
    "labels that a copied manifest brings along are removed",
    async () => {
      const labels = { [OPT_IN]: "true", [PLACEHOLDER_LABEL]: "custom-pod-affinity-0000000000" };
      const made = await operated.createRun("edges", run("copied", tasks, { labels }));
      expect(made.metadata?.labels?.[PLACEHOLDER_LABEL]).toBeUndefined();
      await untilPlaced("edges", "copied");
    },
    RUN_MILLISECONDS,
  );

  test(
    "an opt-in that is withdrawn while the run is held lets it go without affinity",
    async () => {
      const nodeSelector = { "kubernetes.io/hostname": "no-such-node" };
      const spec = { taskRunTemplate: { podTemplate: { nodeSelector } } };
      await operated.createRun("edges", run("withdrawn", tasks, {}, spec));
      // Tekton's first look at a run writes back all labels that it saw: a change before it may be lost.
      await until("Tekton to have seen the run", RUN_MILLISECONDS / 4, async () => {
        const { status } = await operated.readRun("edges", "withdrawn");
        return status?.conditions !== undefined;
      });
      const path = `/metadata/labels/${OPT_IN.replace("/", "~1")}`;
      await operated.patchRun("edges", "withdrawn", [{ op: "replace", path, value: "false" }]);
      const pod = await until("its pod", RUN_MILLISECONDS, async () =>
        operated.history.now("pod", "edges").find(({ metadata }) => metadata?.name === "withdrawn-only-pod"),
      );
      expect(pod.spec?.affinity).toBeUndefined();
      await until("its placeholder to go", RUN_MILLISECONDS, async () => {
        const name = placeholderName("withdrawn");
        return !operated.history.now("statefulSet", "edges").some(({ metadata }) => metadata?.name === name);
      });
    },
    RUN_MILLISECONDS,
  );

  test(
    "a StatefulSet of the placeholder's name that is not ours is never touched, and the run says so",
    async () => {
      const name = placeholderName("name-taken");
      const labels = { app: "someone-elses" };
      const foreign = await operated.cluster.clients.apps.createNamespacedStatefulSet({
        namespace: "edges",
        body: {
          metadata: { name },
          spec: {
            serviceName: name,
            replicas: 0,
            selector: { matchLabels: labels },
            template: { metadata: { labels }, spec: { containers: [{ name: "c", image: "busybox" }] } },
          },
        },
      });
      await operated.createRun("edges", run("name-taken", tasks));
      const warning = await until("a warning", RUN_MILLISECONDS, async () =>
        (await operated.warnings("edges")).find(({ reason }) => reason === "PlaceholderNameTaken"),
      );
      expect(warning.message).toContain(name);
      expect(isPending(await operated.readRun("edges", "name-taken"))).toBe(true);
      const now = await operated.cluster.clients.apps.readNamespacedStatefulSet({ namespace: "edges", name });
      expect(now.metadata?.uid).toBe(foreign.metadata?.uid);
      expect(now.metadata?.generation).toBe(foreign.metadata?.generation);
    },
    RUN_MILLISECONDS,
  );

  test(
    "a user's required pod affinity decides where the run goes, and all of its pods follow",
    async () => {
      await operated.createNamespace("with-cache");
      await addNode(operated.cluster.clients, { name: "node-of-cache" });
      await operated.cluster.clients.core.createNamespacedPod({
        namespace: "with-cache",
        body: {
          metadata: { name: "cache", labels: { app: "cache" } },
          spec: { nodeName: "node-of-cache", containers: [{ name: "c", image: "busybox" }] },
        },
      });
      const term = {
        topologyKey: "kubernetes.io/hostname",
        labelSelector: { matchLabels: { app: "cache" } },
      };
      const affinity = { podAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [term] } };
      const spec = { taskRunTemplate: { podTemplate: { affinity } } };
      await operated.createRun("with-cache", run("near", tasks, {}, spec));
      const [ended] = await operated.untilEnded("with-cache");
      expect(ended?.status?.conditions?.[0]?.reason).toBe("Succeeded");
      expect(operated.history.nodesOfPods("with-cache")).toEqual(["node-of-cache"]);
    },
    RUN_MILLISECONDS,
  );

  test(
    "a placeholder takes the highest of its run's priority classes, the default among them",
    async () => {
      const { scheduling, apps } = operated.cluster.clients;
      await scheduling.createPriorityClass({ body: { metadata: { name: "urgent" }, value: 1000 } });
      const spec = {
        taskRunSpecs: [{ pipelineTaskName: "only", podTemplate: { priorityClassName: "urgent" } }],
      };
      await operated.createRun("edges", run("urgent", [...tasks, nap("other")], {}, spec));
      await untilPlaced("edges", "urgent");
      const placeholder = { namespace: "edges", name: placeholderName("urgent") };
      const { spec: made } = await apps.readNamespacedStatefulSet(placeholder);
      // Of the same value, and one that evicts nobody.
      expect(made?.template.spec?.priorityClassName).toBe("pipelinerun-pod-affinity-1000");
    },
    RUN_MILLISECONDS,
  );

  test(
    "Tekton's own assistant left on: a run with a claim waits, one without goes, both are told",
    async () => {
      await operated.createNamespace("assisted");
      await setCoschedule(operated.cluster, "workspaces");
      try {
        const workspaces = [{ name: "data", persistentVolumeClaim: { claimName: "data" } }];
        await operated.createRun("assisted", run("claimless", tasks));
        await operated.createRun("assisted", run("claiming", tasks, {}, { workspaces }));
        await untilPlaced("assisted", "claimless");
        const warnings = await until("both warnings", RUN_MILLISECONDS, async () => {
          const found = (await operated.warnings("assisted")).filter(
            ({ reason }) => reason === "AffinityAssistantEnabled",
          );
          return found.length === 2 ? found : undefined;
        });
        for (const { message } of warnings)
          expect(message).toContain("kubectl patch configmap feature-flags");
        expect(isPending(await operated.readRun("assisted", "claiming"))).toBe(true);
      } finally {
        await setCoschedule(operated.cluster, "disabled");
      }
      await untilPlaced("assisted", "claiming");
    },
    2 * RUN_MILLISECONDS,
  );

  test(
    "where Tekton's operator keeps the flags, the run is told what that takes",
    async () => {
      const namespace = "operators";
      await operated.createNamespace(namespace);
      await setCoschedule(operated.cluster, "pipelineruns", [
        {
          apiVersion: "operator.tekton.dev/v1alpha1",
          kind: "TektonInstallerSet",
          name: "pipeline",
          uid: "p",
        },
      ]);
      try {
        await operated.createRun(namespace, run("waits", tasks));
        const { message } = await until("the warning", RUN_MILLISECONDS, async () =>
          (await operated.warnings(namespace)).find(({ reason }) => reason === "AffinityAssistantEnabled"),
        );
        expect(message).toContain("kubectl patch tektonconfig config");
      } finally {
        await setCoschedule(operated.cluster, "disabled");
      }
      await untilPlaced(namespace, "waits");
    },
    2 * RUN_MILLISECONDS,
  );

  test("pods of runs that were not placed have no affinity of ours", () => {
    const others = ["edges", "opted-in", "assisted"]
      .flatMap(namespace => operated.history.now("pod", namespace))
      .filter(pod => !isPlaceholderPod(pod) && pod.metadata?.labels?.[PLACEHOLDER_LABEL] === undefined);
    expect(others.length).toBeGreaterThan(0);
    for (const pod of others)
      expect([pod.metadata?.name, pod.spec?.affinity]).toEqual([pod.metadata?.name, undefined]);
  });
}
