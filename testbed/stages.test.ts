/** KWOK says nothing of a stage that it does not understand; so the files are checked here. */
import { describe, expect, test } from "@jest/globals";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parseObjects } from "./manifests";

interface Stage {
  kind: string;
  metadata: { name: string };
  spec: {
    resourceRef: { apiGroup: string; kind: string };
    selector: { matchExpressions?: { jq: { key: string; operator: string; values?: string[] } }[] };
    steps: object[];
  };
}

const directory = join(__dirname, "kwok");
const objects = readdirSync(directory).flatMap(
  name => parseObjects(readFileSync(join(directory, name), "utf8")) as Stage[],
);
const stages = objects.filter(({ kind }) => kind === "Stage");

test("one configuration, and stages with names of their own", () => {
  expect(objects.filter(({ kind }) => kind !== "Stage").map(({ kind }) => kind)).toEqual([
    "KwokConfiguration",
  ]);
  const names = stages.map(({ metadata }) => metadata.name);
  expect(new Set(names).size).toBe(names.length);
});

describe.each(stages.map(stage => [stage.metadata.name, stage] as const))("stage %s", (_, { spec }) => {
  test("selects something and does something", () => {
    expect(["Node", "Pod", "PersistentVolume", "PersistentVolumeClaim"]).toContain(spec.resourceRef.kind);
    expect(spec.resourceRef.apiGroup).toBe("v1");
    expect(spec.steps.length).toBeGreaterThan(0);
    expect(spec.selector.matchExpressions?.length).toBeGreaterThan(0);
  });

  test("has values exactly where its operators want them", () => {
    for (const { jq } of spec.selector.matchExpressions ?? []) {
      const wantsValues = jq.operator === "In" || jq.operator === "NotIn";
      expect([jq.key, jq.values !== undefined]).toEqual([jq.key, wantsValues]);
      expect(["In", "NotIn", "Exists", "DoesNotExist"]).toContain(jq.operator);
    }
  });
});
