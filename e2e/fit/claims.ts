/** Claims that Tekton makes for a run go with it where it asks for that: its own, and no others. */
import { expect, test } from "@jest/globals";
import type { V1PersistentVolumeClaim } from "@kubernetes/client-node";
import { AUTO_CLEANUP_ANNOTATION, KEY_PREFIX } from "../../capabilities/keys";
import { until } from "../../testbed/until";
import { nap, optedIn, RUN_MILLISECONDS, run } from "../operated-cluster";
import type { Fit, FitTests } from "./fixture";

const NAMESPACE = "claims-go";
const GONE_SECONDS = 10;
const claim = { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "1Gi" } } };
const using = (name: string) => {
  const task = nap(name);
  const workspaces = [{ name: "made" }, { name: "users" }];
  return { ...task, workspaces, taskSpec: { ...task.taskSpec, workspaces } };
};

/** A run with a claim of its own and a user's. */
const withClaims = (name: string, annotations: Record<string, string>) =>
  run(
    name,
    [],
    { labels: optedIn, annotations: { [`${KEY_PREFIX}isolation`]: "none", ...annotations } },
    {
      workspaces: [
        { name: "made", volumeClaimTemplate: { spec: claim } },
        { name: "users", persistentVolumeClaim: { claimName: "users" } },
      ],
      pipelineSpec: { workspaces: [{ name: "made" }, { name: "users" }], tasks: [using("only")] },
    },
  );

const claims = async ({ operated }: Fit): Promise<V1PersistentVolumeClaim[]> =>
  (await operated.cluster.clients.core.listNamespacedPersistentVolumeClaim({ namespace: NAMESPACE })).items;

/** Of those that are not about to go: the user's own as "users", others by the run that they were made for. */
const left = async (fit: Fit): Promise<string[]> =>
  (await claims(fit))
    .filter(({ metadata }) => metadata!.deletionTimestamp === undefined)
    .map(({ metadata }) => metadata!.ownerReferences?.[0]?.name ?? metadata!.name!)
    .sort();

export const claimTests: FitTests = fit => {
  test(
    "claims of volumeClaimTemplates go with a run that asks for it, and no others",
    async () => {
      const { operated } = fit();
      await operated.createNamespace(NAMESPACE);
      await fit().node("claims", "8");
      const users = {
        apiVersion: "v1",
        kind: "PersistentVolumeClaim",
        metadata: { name: "users" },
        spec: claim,
      };
      await operated.apply(NAMESPACE, [
        users,
        withClaims("by-tekton", { [AUTO_CLEANUP_ANNOTATION]: "true" }),
        withClaims("by-choice", { [`${KEY_PREFIX}claims`]: "delete" }),
        withClaims("keeps", {}),
      ] as never[]);
      await until("claims to be made", RUN_MILLISECONDS, async () => (await claims(fit())).length === 4);
      const runs = await operated.untilEnded(NAMESPACE);
      const ended = Date.now();
      expect(runs.map(({ status }) => status!.conditions![0]!.reason)).toEqual(Array(3).fill("Succeeded"));
      // Those of pods that are still there, and have ended: Kubernetes alone would keep the claims for them.
      await until("claims to go", GONE_SECONDS * 1000, async () => (await claims(fit())).length === 2);
      console.log(`claims were gone ${Date.now() - ended} ms after the last run's end`);
      expect(await left(fit())).toEqual(["keeps", "users"]);
      await operated.untilNoPlaceholder(NAMESPACE);
      const pods = operated.history.now("pod", NAMESPACE);
      expect(pods.map(({ status }) => status!.phase)).toEqual(Array(3).fill("Succeeded"));
    },
    RUN_MILLISECONDS,
  );
};
