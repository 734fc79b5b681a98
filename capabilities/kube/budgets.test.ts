import { expect, test } from "@jest/globals";
import { refused } from "../testing/api/memory-api";
import { budgetFor, Budgets } from "./budgets";

function budgets(answer: () => void) {
  const made: string[] = [];
  const policy = {
    createNamespacedPodDisruptionBudget: async ({ namespace }: { namespace: string }) => {
      made.push(namespace);
      answer();
    },
  };
  return { made, budgets: new Budgets({ policy } as never) };
}

test("one for each namespace, made once", async () => {
  const { made, budgets: all } = budgets(() => undefined);
  for (const namespace of ["a", "a", "b", "a"]) await all.ensure(namespace);
  expect(made).toEqual(["a", "b"]);
});

test("one that is there is not made again", async () => {
  const { made, budgets: all } = budgets(() => {
    throw refused(409, "already exists");
  });
  for (const namespace of ["a", "a"]) await all.ensure(namespace);
  expect(made).toEqual(["a"]);
});

test("one that is refused is tried again", async () => {
  const { made, budgets: all } = budgets(() => {
    throw refused(403, "forbidden");
  });
  for (const namespace of ["a", "a"]) await expect(all.ensure(namespace)).rejects.toThrow();
  expect(made).toEqual(["a", "a"]);
});

test("it is about pods of runs, and not about placeholders: where nothing runs, no drain waits", () => {
  expect(budgetFor("ci").spec).toEqual({
    minAvailable: 2147483647,
    selector: {
      matchExpressions: [
        { key: "pod-affinity.tekton.dev/placeholder", operator: "Exists" },
        { key: "app.kubernetes.io/component", operator: "NotIn", values: ["placeholder"] },
      ],
    },
  });
});
