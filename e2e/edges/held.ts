/** What people and other controllers do to a run while it is held, or to what belongs to it. */
import { describe, expect, test } from "@jest/globals";
import { placeholderName } from "../../capabilities/placement/names";
import { at } from "../../capabilities/kube/json-patch";
import { HELD_LABEL, HELD_SINCE_ANNOTATION, PLACEHOLDER_LABEL } from "../../capabilities/keys";
import {
  hasEnded,
  isHeldByUs,
  isPending,
  PIPELINE_RUN_V1,
  TASK_RUN_V1,
} from "../../capabilities/tekton/objects";
import { until } from "../../testbed/until";
import { nap, optedIn, run, RUN_MILLISECONDS } from "../operated-cluster";
import { endPods, podsOf } from "../pods";
import { addNodeOf, onNodeOf, operated, tasks, untilPlaced } from "./cluster";

const read = (namespace: string, name: string) => operated.readRun(namespace, name);

const placeholderOf = (namespace: string, name: string) =>
  operated.history
    .now("statefulSet", namespace)
    .find(({ metadata }) => metadata?.name === placeholderName(name));

const untilPlaceholder = (namespace: string, name: string) =>
  until(`the placeholder of ${name}`, RUN_MILLISECONDS, async () => placeholderOf(namespace, name));

const untilEnded = (namespace: string, name: string) =>
  until(`${name} to end`, RUN_MILLISECONDS, async () => {
    const found = operated.history.now("run", namespace).find(({ metadata }) => metadata?.name === name);
    return found !== undefined && hasEnded(found) ? found : undefined;
  });

const reasonOf = (ended: { status?: { conditions?: { reason?: string }[] } }) =>
  ended.status?.conditions?.[0]?.reason;

const deleteRun = (namespace: string, name: string, propagationPolicy = "Background") =>
  operated.cluster.clients.custom.deleteNamespacedCustomObject({
    ...PIPELINE_RUN_V1,
    namespace,
    name,
    propagationPolicy,
  });

/** A run that waits for a node, and one that goes on for a while. */
async function createHeldAndPlaced(namespace: string): Promise<void> {
  await operated.createRun(namespace, run("held", tasks, {}, onNodeOf(namespace)));
  await operated.createRun(namespace, run("placed", [nap("long", 30)]));
  await untilPlaceholder(namespace, "held");
  await untilPlaced(namespace, "placed");
}

/** In a namespace of its own, so that all may go on at once. */
function edge(namespace: string, what: string, work: (namespace: string) => Promise<void>): void {
  test.concurrent(
    what,
    async () => {
      await operated.createNamespace(namespace);
      await work(namespace);
    },
    3 * RUN_MILLISECONDS,
  );
}

export function heldTests(): void {
  describe("ended while it is held", () => {
    for (const status of ["Cancelled", "CancelledRunFinally", "StoppedRunFinally"]) {
      edge(
        `ends-by-${status.toLowerCase()}`,
        `${status}: it ends, and its placeholder goes`,
        async namespace => {
          await operated.createRun(namespace, run("held", tasks, {}, onNodeOf(namespace)));
          await untilPlaceholder(namespace, "held");
          await operated.patchRun(namespace, "held", [
            { op: "replace", path: "/spec/status", value: status },
          ]);
          await untilEnded(namespace, "held");
          await operated.untilNoPlaceholder(namespace, RUN_MILLISECONDS);
        },
      );
    }

    edge(
      "deleted",
      "deleted, and made again under the same name at once: the new one is placed",
      async namespace => {
        await operated.createRun(namespace, run("again", tasks, {}, onNodeOf(namespace)));
        const first = await untilPlaceholder(namespace, "again");
        await deleteRun(namespace, "again");
        const made = await operated.createRun(namespace, run("again", tasks));
        await untilPlaced(namespace, "again");
        const second = await until("its own placeholder", RUN_MILLISECONDS, async () => {
          const found = placeholderOf(namespace, "again");
          return found?.metadata?.uid !== first.metadata?.uid && found;
        });
        expect(second.metadata?.ownerReferences?.[0]?.uid).toBe(made.metadata?.uid);
        expect(reasonOf(await untilEnded(namespace, "again"))).toBe("Succeeded");
      },
    );

    edge(
      "orphaned",
      "deleted with its placeholder orphaned, and made again: it gets one of its own",
      async namespace => {
        await operated.createRun(namespace, run("again", tasks, {}, onNodeOf(namespace)));
        const first = await untilPlaceholder(namespace, "again");
        await deleteRun(namespace, "again", "Orphan");
        await until("the run to be gone", RUN_MILLISECONDS, async () =>
          read(namespace, "again").then(
            () => false,
            () => true,
          ),
        );
        await operated.createRun(namespace, run("again", tasks));
        expect(reasonOf(await untilEnded(namespace, "again"))).toBe("Succeeded");
        const owners = operated.history
          .all("statefulSet", namespace)
          .filter(({ object }) => object.metadata?.uid !== first.metadata?.uid);
        expect(owners.length).toBeGreaterThan(0);
        await operated.untilNoPlaceholder(namespace, RUN_MILLISECONDS);
      },
    );

    edge(
      "foreground",
      "deleted in the foreground: run and placeholder go, held or placed",
      async namespace => {
        await createHeldAndPlaced(namespace);
        for (const name of ["held", "placed"]) await deleteRun(namespace, name, "Foreground");
        await until(
          "both to be gone",
          RUN_MILLISECONDS,
          async () => operated.history.now("run", namespace).length === 0,
        );
        await operated.untilNoPlaceholder(namespace, RUN_MILLISECONDS);
      },
    );

    edge(
      "terminating",
      "its namespace is deleted, with a held run and a placed one: all of it goes",
      async namespace => {
        await createHeldAndPlaced(namespace);
        await operated.cluster.clients.core.deleteNamespace({ name: namespace });
        await until("everything to be gone", RUN_MILLISECONDS, async () => {
          const { history } = operated;
          return (["run", "statefulSet", "pod"] as const).every(
            kind => history.now(kind, namespace).length === 0,
          );
        });
      },
    );
  });

  describe("other gates", () => {
    const status = "PipelineRunPending";

    edge(
      "gate-first",
      "one that holds first and lifts: held then, by a clock that begins then",
      async namespace => {
        await operated.createRun(namespace, run("gated", tasks, {}, { status }));
        await operated.patchRun(namespace, "gated", [{ op: "remove", path: "/spec/status" }]);
        const placed = await untilPlaced(namespace, "gated");
        const since = Date.parse(placed.metadata?.annotations?.[HELD_SINCE_ANNOTATION] ?? "");
        expect(since).toBeGreaterThanOrEqual(new Date(placed.metadata!.creationTimestamp!).getTime());
        expect(reasonOf(await untilEnded(namespace, "gated"))).toBe("Succeeded");
      },
    );

    edge("gate-last", "one that lifts our hold: it stays ours until the run is placed", async namespace => {
      await operated.createRun(namespace, run("gated", tasks, {}, onNodeOf(namespace)));
      await untilPlaceholder(namespace, "gated");
      // It sets what is set already, and takes it away.
      await operated.patchRun(namespace, "gated", [{ op: "replace", path: "/spec/status", value: status }]);
      await operated.patchRun(namespace, "gated", [{ op: "remove", path: "/spec/status" }]);
      const held = await read(namespace, "gated");
      expect([isHeldByUs(held), held.metadata?.annotations?.[HELD_SINCE_ANNOTATION]]).toEqual([
        true,
        undefined,
      ]);
      await addNodeOf(namespace);
      expect(reasonOf(await untilEnded(namespace, "gated"))).toBe("Succeeded");
      expect(operated.history.nodesOfPods(namespace)).toEqual([`node-of-${namespace}`]);
    });
  });

  describe("an opt-in in the wrong place", () => {
    const untilTold = async (namespace: string) => {
      const warning = await until("the Warning", RUN_MILLISECONDS, async () =>
        (await operated.warnings(namespace)).find(({ reason }) => reason === "OptedInTooLate"),
      );
      expect(warning.message).toContain("It belongs on the PipelineRun when it is created");
    };
    const succeedsWithoutAffinity = async (namespace: string, name: string) => {
      const pods = await until("its pod", RUN_MILLISECONDS, async () => {
        const found = podsOf(operated, namespace);
        return found.length > 0 && found;
      });
      for (const pod of pods) expect(pod.spec?.affinity).toBeUndefined();
      await endPods(operated, pods);
      expect(reasonOf(await untilEnded(namespace, name))).toBe("Succeeded");
      expect(operated.history.all("statefulSet", namespace)).toEqual([]);
    };

    edge("on-pipeline", "on the Pipeline alone: told, no affinity, no deadlock", async namespace => {
      const pipeline = {
        apiVersion: "tekton.dev/v1",
        kind: "Pipeline",
        metadata: { name: "labelled", labels: optedIn },
        spec: { tasks: [nap("only", 600)] },
      };
      await operated.apply(namespace, [pipeline]);
      const body = run(
        "by-pipeline",
        [],
        { labels: {} },
        { pipelineSpec: undefined, pipelineRef: { name: "labelled" } },
      );
      const made = await operated.createRun(namespace, body);
      expect(isPending(made)).toBe(false);
      await untilTold(namespace);
      await succeedsWithoutAffinity(namespace, "by-pipeline");
    });

    edge("too-late", "added after the run was created: told, no affinity", async namespace => {
      await operated.createRun(namespace, run("late", [nap("only", 600)], { labels: {} }));
      await until("its pod", RUN_MILLISECONDS, async () => operated.history.now("pod", namespace).length > 0);
      const [[key, value]] = Object.entries(optedIn) as [[string, string]];
      const path = at("/metadata/labels", key);
      await operated.patchRun(namespace, "late", [{ op: "add", path, value }]);
      await untilTold(namespace);
      await succeedsWithoutAffinity(namespace, "late");
    });
  });

  describe("copies", () => {
    edge(
      "exported",
      "kubectl apply of an exported run that carries our labels: it is placed anew",
      async namespace => {
        await operated.createRun(namespace, run("original", tasks));
        const exported = await untilEnded(namespace, "original");
        await operated.untilNoPlaceholder(namespace);
        const { labels, annotations } = exported.metadata!;
        expect(labels?.[PLACEHOLDER_LABEL]).toBeDefined();
        await operated.apply(namespace, [
          { ...exported, metadata: { name: "copy", labels: labels!, annotations: annotations! } },
        ]);
        const placed = await untilPlaced(namespace, "copy");
        expect(placed.metadata?.labels?.[HELD_LABEL]).toBe("true");
        expect(reasonOf(await untilEnded(namespace, "copy"))).toBe("Succeeded");
      },
    );

    edge(
      "copied-task-run",
      "a TaskRun with our label and no run behind it: told and freed",
      async namespace => {
        const labels = { [PLACEHOLDER_LABEL]: "custom-pod-affinity-0000000000" };
        // In a TaskRun a task has no metadata of its own: Tekton refuses it.
        const { steps } = nap("only").taskSpec;
        const spec = { taskSpec: { steps } };
        const body = {
          apiVersion: "tekton.dev/v1",
          kind: "TaskRun",
          metadata: { name: "stray", labels },
          spec,
        };
        const { custom } = operated.cluster.clients;
        const { data: made, headers } = await custom.createNamespacedCustomObjectWithHttpInfo({
          ...TASK_RUN_V1,
          namespace,
          body,
        });
        const { metadata } = made as { metadata: { labels?: object; annotations?: Record<string, string> } };
        expect(metadata.labels ?? {}).not.toHaveProperty([PLACEHOLDER_LABEL]);
        expect(metadata.annotations?.["pod-affinity.tekton.dev/freed"]).toBe("copied");
        expect(headers["warning"]).toContain("this TaskRun is of no PipelineRun");
      },
    );
  });

  describe("names", () => {
    edge("long-name", "a name of 63 characters", async namespace => {
      const name = "x".repeat(63);
      await operated.createRun(namespace, run(name, tasks));
      expect(reasonOf(await untilEnded(namespace, name))).toBe("Succeeded");
      await operated.untilNoPlaceholder(namespace);
    });

    edge("generated", "a generated name", async namespace => {
      const made = await operated.createRun(
        namespace,
        run("", tasks, { name: undefined, generateName: "build-" }),
      );
      await untilPlaced(namespace, made.metadata!.name!);
      expect(reasonOf(await untilEnded(namespace, made.metadata!.name!))).toBe("Succeeded");
    });
  });

  edge("two-deep", "child pipelines two deep share the placeholder of the root", async namespace => {
    const inner = { name: "inner", pipelineSpec: { tasks: [nap("deepest")] } };
    const outer = { name: "outer", pipelineSpec: { tasks: [nap("middle"), inner] } };
    await operated.createRun(namespace, run("root", [nap("top"), outer]));
    expect(reasonOf(await untilEnded(namespace, "root"))).toBe("Succeeded");
    const runs = operated.history.now("run", namespace);
    expect(runs).toHaveLength(3);
    for (const { metadata } of runs)
      expect(metadata?.labels?.[PLACEHOLDER_LABEL]).toBe(placeholderName("root"));
    expect(operated.history.nodesOfPods(namespace)).toHaveLength(1);
    await operated.untilNoPlaceholder(namespace);
  });
}
