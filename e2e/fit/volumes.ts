/** Volumes that are there before the run decide where it goes. */
import { expect, test } from "@jest/globals";
import type { KubernetesObject } from "@kubernetes/client-node";
import { applyObjects } from "../../testbed/manifests";
import { RUN_MILLISECONDS, run } from "../operated-cluster";
import { cpu, type Fit, type FitTests } from "./fixture";

const GIB = { storage: "1Gi" };

/** A claim bound to a volume that only nodes with this label can use. */
const boundClaim = (name: string, label: string, value: string, accessMode = "ReadWriteOnce"): object[] => [
  {
    apiVersion: "v1",
    kind: "PersistentVolume",
    metadata: { name },
    spec: {
      capacity: GIB,
      accessModes: [accessMode],
      storageClassName: "",
      local: { path: "/data" },
      nodeAffinity: {
        required: {
          nodeSelectorTerms: [{ matchExpressions: [{ key: label, operator: "In", values: [value] }] }],
        },
      },
    },
  },
  {
    apiVersion: "v1",
    kind: "PersistentVolumeClaim",
    metadata: { name, namespace: name },
    spec: {
      accessModes: [accessMode],
      storageClassName: "",
      volumeName: name,
      resources: { requests: GIB },
    },
  },
];

const applyClaim = ({ operated }: Fit, objects: object[]) =>
  applyObjects(operated.cluster.kubeconfigFile, objects as KubernetesObject[]);

const using = (workspace: object) => ({
  workspaces: [{ name: "data", ...workspace }],
  pipelineSpec: {
    workspaces: [{ name: "data" }],
    tasks: [{ ...cpu("only", "1"), workspaces: [{ name: "data" }] }].map(task => ({
      ...task,
      taskSpec: { ...task.taskSpec, workspaces: [{ name: "data" }] },
    })),
  },
});
const usingClaim = (claimName: string) => using({ persistentVolumeClaim: { claimName } });

export const volumeTests: FitTests = fit => {
  test.each([
    ["in zone b: the run lands in zone b", "zone", "topology.kubernetes.io/zone", "zone-b"],
    ["of a local volume: the run lands on its node", "local", "kubernetes.io/hostname", "local-small"],
  ])(
    "a claim %s, however much room there is elsewhere",
    async (_what, name, label, value) => {
      await fit().operated.createNamespace(name);
      await fit().node(`${name}-empty`, "32");
      await fit().node(`${name}-small`, "4", { zone: "zone-b" });
      await applyClaim(fit(), boundClaim(name, label, value));
      await fit().operated.apply(name, [run("uses-claim", [], {}, usingClaim(name))]);
      expect(await fit().ended(name)).toEqual(["Succeeded"]);
      expect(fit().nodes(name)).toEqual([`${name}-small`]);
    },
    RUN_MILLISECONDS * 2,
  );

  test(
    "a claim for one pod only is not taken from that pod, and its volume's place counts",
    async () => {
      await fit().operated.createNamespace("one-pod");
      await fit().node("one-pod-empty", "32");
      await fit().node("one-pod", "4");
      await applyClaim(fit(), boundClaim("one-pod", "kubernetes.io/hostname", "one-pod", "ReadWriteOncePod"));
      await fit().operated.apply("one-pod", [run("uses-claim", [], {}, usingClaim("one-pod"))]);
      expect(await fit().ended("one-pod")).toEqual(["Succeeded"]);
      expect(fit().nodes("one-pod")).toEqual(["one-pod"]);
    },
    RUN_MILLISECONDS * 2,
  );

  test(
    "a class that binds at once is told of while the run is held",
    async () => {
      await fit().operated.createNamespace("at-once");
      await fit().node("at-once", "4");
      const spec = {
        storageClassName: "immediate",
        accessModes: ["ReadWriteOnce"],
        resources: { requests: GIB },
      };
      await fit().operated.apply("at-once", [
        run("template", [], {}, using({ volumeClaimTemplate: { spec } })),
      ]);
      const message = await fit().told("at-once", "ImmediateVolumeBinding");
      expect(message).toContain("StorageClass immediate of the volumeClaimTemplate of workspace data");
      expect(await fit().ended("at-once")).toEqual(["Succeeded"]);
    },
    RUN_MILLISECONDS,
  );
};
