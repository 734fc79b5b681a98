/** The node is one where the widest moment fits, and its room is handed over. */
import { expect, test } from "@jest/globals";
import { isPlaceholderPod } from "../../capabilities/tekton/placeholder-pod";
import { until } from "../../testbed/until";
import { optedIn, run, RUN_MILLISECONDS } from "../operated-cluster";
import { after, asking, chosen, cpu, wide, type FitTests } from "./fixture";

export const roomTests: FitTests = fit => {
  test(
    "of nodes with 4, 8 and 16 CPUs in use, the one is found where the widest moment fits; and why is said",
    async () => {
      await fit().operated.createNamespace("mixed");
      await fit().node("mixed-4", "4");
      await fit().node("mixed-8", "8");
      await fit().node("mixed-16", "16");
      await fit().stranger("mixed", "neighbour", "mixed-16", "6", true);
      await fit().operated.apply("mixed", [run("wide", wide())]);
      expect(await fit().ended("mixed")).toEqual(["Succeeded"]);
      expect(fit().nodes("mixed")).toEqual(["mixed-16"]);
      expect(fit().asked("mixed")[0]).toBe("9");
      expect(await fit().toldOfRoom("mixed")).toMatch(/cpu 9.*left, middle, right/);
    },
    RUN_MILLISECONDS * 2,
  );

  test(
    "without a reservation the same run waits for ever on the node that it took",
    async () => {
      await fit().operated.createNamespace("control");
      await fit().node("control-4", "4");
      await fit().node("control-16", "16");
      await fit().stranger("control", "neighbour", "control-16", "6", true);
      const metadata = { labels: optedIn, ...chosen({ reservation: "none" }) };
      await fit().operated.apply("control", [run("wide", wide(), metadata)]);
      const waiting = await until("a pod of the run that fits nowhere", RUN_MILLISECONDS, async () =>
        fit()
          .operated.history.now("pod", "control")
          .find(
            pod => !isPlaceholderPod(pod) && pod.status?.conditions?.some(c => c.reason === "Unschedulable"),
          ),
      );
      expect(waiting.status!.conditions!.find(c => c.type === "PodScheduled")!.message).toContain(
        "Insufficient cpu",
      );
      await fit().operated.cluster.clients.core.deleteNamespace({ name: "control" });
      await until("its pods to go", RUN_MILLISECONDS, async () => {
        return fit().operated.history.now("pod", "control").length === 0;
      });
    },
    RUN_MILLISECONDS * 2,
  );

  test(
    "the room of tasks in turn is kept from strangers until it is theirs",
    async () => {
      await fit().operated.createNamespace("turns");
      await fit().node("turns-8", "8");
      const tasks = [cpu("small", "2"), cpu("large", "7", after("small")), cpu("last", "1", after("large"))];
      await fit().operated.apply("turns", [run("turns", tasks)]);
      expect(await fit().ended("turns")).toEqual(["Succeeded"]);
      expect(fit().asked("turns")).toEqual(["7", "5", "10m"]);
    },
    RUN_MILLISECONDS * 2,
  );

  test(
    "a run that fills its node to the last gets the placeholder's own room as well",
    async () => {
      await fit().operated.createNamespace("whole");
      await fit().node("whole-4", "4", { memory: "4Gi" });
      const half = { requests: { cpu: "2", memory: "2Gi" } };
      await fit().operated.apply("whole", [
        run("whole", [
          cpu("first", "1"),
          asking("left", half, after("first")),
          asking("right", half, after("first")),
        ]),
      ]);
      expect(await fit().ended("whole")).toEqual(["Succeeded"]);
    },
    RUN_MILLISECONDS * 2,
  );

  test(
    "a device is looked for, and free when its task comes",
    async () => {
      await fit().operated.createNamespace("gpu");
      await fit().node("gpu-plain", "16");
      await fit().node("gpu-gpu", "4", { extraResources: { "example.com/gpu": "1" } });
      const device = { requests: { cpu: "1", "example.com/gpu": "1" }, limits: { "example.com/gpu": "1" } };
      await fit().operated.apply("gpu", [
        run("gpu", [cpu("first", "1"), asking("train", device, after("first"))]),
      ]);
      expect(await fit().ended("gpu")).toEqual(["Succeeded"]);
      expect(fit().nodes("gpu")).toEqual(["gpu-gpu"]);
    },
    RUN_MILLISECONDS * 2,
  );

  test(
    "where pods cannot be resized, a small placeholder takes the place of the large one",
    async () => {
      await fit().operated.createNamespace("no-resize");
      await fit().node("no-resize-16", "16");
      await fit().refuseResizes("no-resize", "no-resize-16");
      await fit().operated.apply("no-resize", [run("wide", wide())]);
      expect(await fit().ended("no-resize")).toEqual(["Succeeded"]);
      expect(fit().asked("no-resize")).toEqual(["9", "10m"]);
      expect(fit().splits("no-resize")).toEqual([]);
    },
    RUN_MILLISECONDS * 2,
  );
};
