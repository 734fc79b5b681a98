/** Claims that Tekton makes for a run go with it where it asks for that: its own, and no others. */
import { expect, test } from "@jest/globals";
import {
  AUTO_CLEANUP,
  AUTO_CLEANUP_ANNOTATION,
  KEY_PREFIX,
  TEKTON_PIPELINE_RUN_LABEL,
} from "../../capabilities/keys";
import { claimsIn } from "../../capabilities/placement/volumes";
import { until } from "../../testbed/until";
import { nap, optedIn, RUN_MILLISECONDS, run } from "../operated-cluster";
import type { Fit, FitTests } from "./fixture";

const NAMESPACE = "claims-go";
const USERS = "users";
/** After the last pod has ended. */
const GONE_SECONDS = 10;
const claim = { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "1Gi" } } };
const using = (name: string) => {
  const task = nap(name);
  const workspaces = [{ name: "made" }, { name: USERS }];
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
        { name: USERS, persistentVolumeClaim: { claimName: USERS } },
      ],
      pipelineSpec: { workspaces: [{ name: "made" }, { name: USERS }], tasks: [using("only")] },
    },
  );

/** By run, the name of the claim that was made for it, as its pods name it. */
function made({ operated }: Fit): Record<string, string> {
  const pods = operated.history.now("pod", NAMESPACE);
  return Object.fromEntries(
    pods.map(({ metadata, spec }) => [
      metadata!.labels![TEKTON_PIPELINE_RUN_LABEL]!,
      claimsIn(spec!.volumes).find(name => name !== USERS)!,
    ]),
  );
}

/** Names of the claims that are there, whether they are about to go or not. */
async function left({ operated }: Fit): Promise<string[]> {
  const list = await operated.cluster.clients.core.listNamespacedPersistentVolumeClaim({
    namespace: NAMESPACE,
  });
  return list.items.map(({ metadata }) => metadata!.name!).sort();
}

export const claimTests: FitTests = fit => {
  test(
    "claims of volumeClaimTemplates go with a run that asks for it, and no others",
    async () => {
      const { operated } = fit();
      await operated.createNamespace(NAMESPACE);
      await fit().node("claims", "8");
      await operated.apply(NAMESPACE, [
        { apiVersion: "v1", kind: "PersistentVolumeClaim", metadata: { name: USERS }, spec: claim } as object,
        withClaims("by-tekton", { [AUTO_CLEANUP_ANNOTATION]: AUTO_CLEANUP }),
        withClaims("by-choice", { [`${KEY_PREFIX}claims`]: "delete" }),
        withClaims("keeps", {}),
      ]);
      const runs = await operated.untilEnded(NAMESPACE);
      const ended = Date.now();
      expect(runs.map(({ status }) => status!.conditions![0]!.reason)).toEqual(Array(3).fill("Succeeded"));
      await operated.untilNoPlaceholder(NAMESPACE);
      // Their pods are still there, and have ended: Kubernetes alone would keep the claims for them.
      const byRun = made(fit());
      expect(Object.keys(byRun).sort()).toEqual(["by-choice", "by-tekton", "keeps"]);
      const milliseconds = GONE_SECONDS * 1000 - (Date.now() - ended);
      await until("claims to go", milliseconds, async () => (await left(fit())).length === 2);
      expect(await left(fit())).toEqual([byRun["keeps"], USERS].sort());
    },
    RUN_MILLISECONDS,
  );
};
