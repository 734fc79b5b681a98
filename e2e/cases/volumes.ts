/** Claims, wherever a run names them, decide where it goes; those that no node can use together are told. */
import { expect, test } from "@jest/globals";
import { chosen, cpu, type FitTests } from "../fit/fixture";
import { optedIn, RUN_MILLISECONDS, run } from "../operated-cluster";
import { Case } from "./case";

const ZONE = "topology.kubernetes.io/zone";
const GIB = { storage: "1Gi" };

/** For one pod, and its volume says by a label alone where it is. */
function labelledClaim(namespace: string, name: string, zone: string): object[] {
  const [volume, bound] = claim(namespace, name, zone, "ReadWriteOncePod") as [
    { metadata: object; spec: object },
    object,
  ];
  const metadata = { ...volume.metadata, labels: { [ZONE]: zone } };
  const spec = { ...volume.spec, local: undefined, nodeAffinity: undefined, hostPath: { path: "/data" } };
  return [{ ...volume, metadata, spec }, bound];
}

/** A claim of the namespace, bound to a volume of a zone. */
function claim(namespace: string, name: string, zone: string, mode = "ReadWriteOnce"): object[] {
  const volumeName = `${namespace}-${name}`;
  const shared = { accessModes: [mode], storageClassName: "" };
  const expression = { key: ZONE, operator: "In", values: [zone] };
  const required = { nodeSelectorTerms: [{ matchExpressions: [expression] }] };
  return [
    {
      apiVersion: "v1",
      kind: "PersistentVolume",
      metadata: { name: volumeName },
      spec: { ...shared, capacity: GIB, local: { path: "/data" }, nodeAffinity: { required } },
    },
    {
      apiVersion: "v1",
      kind: "PersistentVolumeClaim",
      metadata: { name },
      spec: { ...shared, volumeName, resources: { requests: GIB } },
    },
  ];
}

const workspace = (claimName: string) => ({ name: claimName, persistentVolumeClaim: { claimName } });
/** A task that uses the workspaces. */
function using(name: string, ...workspaces: string[]) {
  const task = cpu(name, "500m");
  const named = workspaces.map(one => ({ name: one }));
  return { ...task, workspaces: named, taskSpec: { ...task.taskSpec, workspaces: named } };
}
const withDefault = {
  ...using("only", "cache"),
  taskSpec: { ...using("only", "cache").taskSpec, params: [{ name: "shard", default: "3" }] },
};
const pipeline = (workspaces: string[], tasks: object[]) => ({
  workspaces: workspaces.map(name => ({ name })),
  tasks,
});

export const claimTests: FitTests = fit => {
  test.each<{ name: string; namespace: string; choices: Record<string, string>; ends: boolean }>([
    { name: "waits", namespace: "two-zones", choices: {}, ends: false },
    {
      name: "starts without affinity, where it may",
      namespace: "two-zones-anyway",
      choices: { "placement-timeout": "20s", "on-timeout": "run-anyway" },
      ends: true,
    },
  ])(
    "claims in two zones are named, and the run $name",
    async ({ namespace, choices, ends }) => {
      const own = new Case(fit(), namespace);
      await fit().node(`${namespace}-a`, "8");
      await fit().node(`${namespace}-b`, "8", { zone: "zone-b" });
      const claims = [...claim(namespace, "sources", "zone-a"), ...claim(namespace, "downloads", "zone-b")];
      const names = ["sources", "downloads"];
      const spec = {
        workspaces: names.map(workspace),
        pipelineSpec: pipeline(names, [using("fetch", "sources"), using("resolve", "downloads")]),
      };
      const since = Date.now();
      const previewed = await own.apply([
        ...claims,
        run("apart", [], { labels: optedIn, ...chosen(choices) }, spec),
      ]);
      const message = await own.heldFor("ContradictingClaims", previewed);
      expect(Date.now() - since).toBeLessThan(20_000);
      expect(message).toMatch(/zone=zone-a .*claim sources.* and .*zone=zone-b .*claim downloads/);
      if (ends) await own.succeedsOn(`${namespace}-a`, `${namespace}-b`);
    },
    RUN_MILLISECONDS * 2,
  );

  test.each([
    {
      name: "of a Task's own volumes, by its parameter",
      namespace: "of-task",
      task: {
        ...cpu("only", "1"),
        params: [{ name: "shard", value: "3" }],
        taskSpec: {
          ...cpu("only", "1").taskSpec,
          params: [{ name: "shard" }],
          volumes: [{ name: "cache", persistentVolumeClaim: { claimName: "cache-$(params.shard)" } }],
        },
      },
      spec: {},
    },
    {
      name: "of an embedded task's own volumes, by the run's parameter",
      namespace: "of-embedded",
      task: {
        ...cpu("only", "1"),
        taskSpec: {
          ...cpu("only", "1").taskSpec,
          volumes: [{ name: "cache", persistentVolumeClaim: { claimName: "cache-$(params.shard)" } }],
        },
      },
      spec: { params: [{ name: "shard", value: "3" }] },
    },
    {
      name: "of a workspace, by a default of the task that uses it",
      namespace: "of-default",
      task: withDefault,
      spec: {
        workspaces: [{ name: "cache", persistentVolumeClaim: { claimName: "cache-$(params.shard)" } }],
        pipelineSpec: pipeline(["cache"], [withDefault]),
      },
    },
    {
      name: "of a pod template, by the task's parameter",
      namespace: "of-template",
      task: {
        ...cpu("only", "1"),
        taskSpec: { ...cpu("only", "1").taskSpec, params: [{ name: "shard", default: "3" }] },
      },
      spec: {
        taskRunSpecs: [
          {
            pipelineTaskName: "only",
            podTemplate: {
              volumes: [{ name: "cache", persistentVolumeClaim: { claimName: "cache-$(params.shard)" } }],
            },
          },
        ],
      },
    },
    {
      name: "of a workspace, for one pod, by the run's parameter and a subPath",
      namespace: "of-workspace",
      task: using("only", "cache"),
      madeAs: labelledClaim,
      spec: {
        params: [{ name: "shard", value: "3" }],
        workspaces: [
          {
            name: "cache",
            persistentVolumeClaim: { claimName: "cache-$(params.shard)" },
            subPath: "work",
          },
        ],
        pipelineSpec: {
          params: [{ name: "shard" }],
          ...pipeline(["cache"], [using("only", "cache")]),
        },
      },
    },
  ])(
    "a claim $name: the run goes to its zone",
    async ({ namespace, task, spec, madeAs = claim }) => {
      const own = new Case(fit(), namespace);
      await fit().node(`${namespace}-a`, "32");
      await fit().node(`${namespace}-b`, "4", { zone: "zone-b" });
      const previewed = await own.apply([
        ...madeAs(namespace, "cache-3", "zone-b"),
        run("cached", [task], {}, spec),
      ]);
      // The place of its volume, and not the volume: see docs/nodes.md.
      const { nodes, claims } = await own.madeAs(previewed);
      expect(claims).toEqual([]);
      expect(JSON.stringify(nodes)).toContain("zone-b");
      await own.succeedsOn(`${namespace}-b`);
    },
    RUN_MILLISECONDS * 2,
  );

  test(
    "a StorageClass that is not there is told",
    async () => {
      const own = new Case(fit(), "no-class");
      await fit().node("no-class", "4");
      const storageClassName = "gold";
      const spec = { storageClassName, accessModes: ["ReadWriteOnce"], resources: { requests: GIB } };
      await own.apply([
        run(
          "gold",
          [],
          {},
          {
            workspaces: [{ name: "data", volumeClaimTemplate: { spec } }],
            pipelineSpec: pipeline(["data"], [using("only", "data")]),
          },
        ),
      ]);
      expect(await fit().told("no-class", "MissingStorageClass")).toContain(
        "the StorageClass gold of the volumeClaimTemplate of workspace data does not exist",
      );
      await own.remove("gold");
    },
    RUN_MILLISECONDS,
  );
};
