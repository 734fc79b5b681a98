import { describe, expect, test } from "@jest/globals";
import { aRun } from "../testing/builders";
import { slimRun } from "../store/slim-run";
import type { PipelineRun } from "../tekton/objects";
import { isMadeFor, losesItsClaims, madeClaims } from "./made-claims";

/** Of the recorded run claim-templates, and what Tekton v1.15 made of it. */
const UID = "11bda818-ec6e-4ffc-9c2b-acd7aee688ed";
const recorded: PipelineRun = {
  metadata: { name: "claim-templates", uid: UID },
  spec: {
    workspaces: [
      { name: "source", volumeClaimTemplate: { metadata: {} } },
      { name: "cache", volumeClaimTemplate: { metadata: { name: "named" } } },
      { name: "own", persistentVolumeClaim: { claimName: "of-a-user" } },
    ],
  },
};

test("names are those that Tekton gives", () => {
  expect(madeClaims(recorded)).toEqual(["pvc-aaf4e369cb", "named-d312d647d3"]);
});

describe("a claim was made for the run", () => {
  const owner = {
    apiVersion: "tekton.dev/v1",
    kind: "PipelineRun",
    name: "build",
    uid: UID,
    controller: true,
  };
  test.each([
    { name: "that controls it", owners: [owner], isMade: true },
    { name: "not one of its name before", owners: [{ ...owner, uid: "earlier" }], isMade: false },
    {
      name: "not where it is one owner of several",
      owners: [{ ...owner, controller: false }],
      isMade: false,
    },
    { name: "not where nobody owns it", owners: [], isMade: false },
    { name: "not where something else has that UID", owners: [{ ...owner, kind: "TaskRun" }], isMade: false },
  ])("$name", ({ owners, isMade }) => {
    expect(isMadeFor({ metadata: { ownerReferences: owners } }, recorded)).toBe(isMade);
  });
});

const TEKTONS = "tekton.dev/auto-cleanup-pvc";
const OURS = "pod-affinity.tekton.dev/claims";
const template = [{ name: "source", volumeClaimTemplate: {} }];
const ended = () => aRun().placed().ended().spec({ workspaces: template });

describe("claims go with their run", () => {
  test.each([
    { name: "by Tekton's annotation", run: ended().annotation(TEKTONS, "true"), goes: true },
    { name: "by ours", run: ended().annotation(OURS, "delete"), goes: true },
    {
      name: "by Tekton's, whatever ours says",
      run: ended().annotation(TEKTONS, "true").annotation(OURS, "keep"),
      goes: true,
    },
    { name: "not without either", run: ended(), goes: false },
    { name: "not by another value of Tekton's", run: ended().annotation(TEKTONS, "yes"), goes: false },
    {
      name: "not before its end",
      run: aRun().placed().spec({ workspaces: template }).annotation(TEKTONS, "true"),
      goes: false,
    },
    { name: "not where it is deleted", run: ended().deleting().annotation(TEKTONS, "true"), goes: false },
    { name: "not where it has none", run: aRun().placed().ended().annotation(TEKTONS, "true"), goes: false },
  ])("$name", ({ run: { run }, goes }) => {
    expect(losesItsClaims(run)).toBe(goes);
    expect(losesItsClaims(slimRun(run))).toBe(goes);
  });
});
