import { expect, test } from "@jest/globals";
import type { V1Toleration } from "@kubernetes/client-node";
import { Effort } from "./effort";
import { meansOwnPods, neverBesidePlaceholder, ownPods } from "./own-node";
import { uniteRequirements } from "./node-requirement";
import { NO_LABELS } from "./task-pods";
import { commonTolerations } from "./tolerations";

/** Nothing may be compared any more. */
function spent(): Effort {
  const effort = new Effort();
  effort.takes(Infinity);
  return effort;
}
const podAntiAffinity = {
  requiredDuringSchedulingIgnoredDuringExecution: [
    { topologyKey: "kubernetes.io/hostname", labelSelector: { matchLabels: { app: "other" } } },
  ],
};
const kind = {
  template: { affinity: { podAntiAffinity } },
  tasks: [{ name: "a", pipelineTask: "a", isOfRun: true, labels: NO_LABELS }],
  isRaw: () => false,
};
const own = ownPods([kind], { name: "run" }, "kubernetes.io/hostname", spent());

test("what is too much to compare is taken as is safe", () => {
  const [term] = podAntiAffinity.requiredDuringSchedulingIgnoredDuringExecution;
  // A placeholder that repels its own run's pods would keep them away.
  expect(meansOwnPods(term!, own)).toBe(true);
  expect(neverBesidePlaceholder([kind], own)).toEqual([]);
  const all: V1Toleration = { operator: "Exists" };
  expect(commonTolerations([[all], [all]], spent())).toEqual([]);
  const { contradictions } = uniteRequirements(
    [{ whose: "a", template: { nodeSelector: { a: "b" } } }],
    spent(),
  );
  expect(contradictions).toEqual([
    expect.objectContaining({ text: expect.stringMatching(/more than are compared/) }),
  ]);
});

test("a run of 300 tasks with 20 terms each is within it", () => {
  const tasks = Array.from({ length: 300 }, (_, at) => ({
    ...kind.tasks[0]!,
    name: `t${at}`,
    pipelineTask: `t${at}`,
  }));
  const effort = new Effort();
  const many = ownPods([{ ...kind, tasks }], { name: "run" }, "kubernetes.io/hostname", effort);
  const [term] = podAntiAffinity.requiredDuringSchedulingIgnoredDuringExecution;
  for (let round = 0; round < 20; round++) expect(meansOwnPods(term!, many)).toBe(false);
  expect(effort.isSpent).toBe(false);
});
