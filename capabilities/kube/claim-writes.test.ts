import { describe, expect, test } from "@jest/globals";
import type { V1Pod } from "@kubernetes/client-node";
import { CLAIM_PROTECTION, PLACEHOLDER_LABELS } from "../keys";
import { madeClaims } from "../placement/made-claims";
import { aRun, RUN_UID } from "../testing/builders";
import { MemoryApi } from "../testing/api/memory-api";
import { MemoryClients } from "../testing/api/memory-clients";
import { ClaimWrites } from "./claim-writes";

const { run } = aRun()
  .placed()
  .ended()
  .spec({ workspaces: [{ name: "source", volumeClaimTemplate: {} }] });
const [NAME] = madeClaims(run) as [string];
const OWNER = { apiVersion: "tekton.dev/v1", kind: "PipelineRun", name: "build", uid: RUN_UID };

/** A pod that uses the claim. */
const pod = (name: string, phase: string, labels: Record<string, string> = {}): V1Pod => ({
  metadata: { name, namespace: "ci", labels },
  spec: { containers: [], volumes: [{ name: "v", persistentVolumeClaim: { claimName: NAME } }] },
  status: { phase },
});

interface Given {
  finalizers?: string[];
  owner?: object;
  pods?: V1Pod[];
}

async function deletedOf({ finalizers = [CLAIM_PROTECTION], owner, pods = [] }: Given) {
  const api = new MemoryApi();
  const ownerReferences = [{ ...OWNER, controller: true, ...owner }];
  api.create("persistentvolumeclaims", {
    metadata: { name: NAME, namespace: "ci", finalizers, ownerReferences },
  });
  for (const one of pods) api.create("pods", one);
  const clients = new MemoryClients(api);
  const deleted = await new ClaimWrites(clients.clients).deleteMadeFor(run, [NAME, "not-there"]);
  return { deleted, writes: clients.writes, left: api.find("persistentvolumeclaims", NAME)?.metadata };
}

const DELETE = "delete persistentvolumeclaims";
const PATCH = "patch persistentvolumeclaims";

describe("a claim that was made for the run", () => {
  test.each<Given & { name: string; writes: string[] }>([
    { name: "goes, with the finalizer that its pods would hold", writes: [DELETE, PATCH] },
    { name: "goes, where it has no finalizer", finalizers: [], writes: [DELETE] },
    {
      name: "goes, where a pod that uses it has ended",
      pods: [pod("one", "Succeeded")],
      writes: [DELETE, PATCH],
    },
    {
      name: "goes, where the placeholder has it among its volumes",
      pods: [pod("one", "Running", PLACEHOLDER_LABELS)],
      writes: [DELETE, PATCH],
    },
  ])("$name", async ({ writes, ...given }) => {
    expect(await deletedOf(given)).toEqual({ deleted: [NAME], writes, left: undefined });
  });

  test("is left to Kubernetes where a pod of somebody else's uses it", async () => {
    const { writes, left } = await deletedOf({ pods: [pod("other", "Running")] });
    expect(writes).toEqual([DELETE]);
    expect(left).toMatchObject({ finalizers: [CLAIM_PROTECTION], deletionTimestamp: expect.anything() });
  });

  test("loses no finalizer but Kubernetes' own", async () => {
    const { left } = await deletedOf({ finalizers: ["example.com/backup", CLAIM_PROTECTION] });
    expect(left!.finalizers).toEqual(["example.com/backup"]);
  });
});

test.each([
  { name: "an earlier run's", owner: { uid: "earlier" } },
  { name: "one that the run does not control", owner: { controller: false } },
])("$name claim of that name stays as it is", async ({ owner }) => {
  const { deleted, writes, left } = await deletedOf({ owner });
  expect({ deleted, writes }).toEqual({ deleted: [], writes: [] });
  expect(left!.deletionTimestamp).toBeUndefined();
});
