import { expect, test } from "@jest/globals";
import { ENTRIES } from "./webhooks";

const all = [...ENTRIES.mutate, ...ENTRIES.validate];

test("no entry is asked about everything: each has a selector or a condition of its own", () => {
  for (const { objectSelector, namespaces, matchConditions = [] } of all) {
    const conditions = matchConditions.filter(({ name }) => name !== "not-a-child");
    expect(objectSelector ?? namespaces ?? conditions[0]).toBeDefined();
  }
});

test("names are unique, and fit for the first part of a webhook's", () => {
  const names = all.map(({ name }) => name);
  expect(new Set(names).size).toBe(names.length);
  for (const name of names) expect(name).toMatch(/^[a-z]+(-[a-z]+)*$/);
});

test("other people's updates never depend on the operator", () => {
  const updates = all.filter(({ rules }) => rules.some(({ operations }) => operations!.includes("UPDATE")));
  expect(updates.map(({ failurePolicy }) => failurePolicy)).toEqual(["Ignore", "Ignore"]);
});

test("a mutating entry says whether it is asked again", () => {
  for (const { reinvocationPolicy } of ENTRIES.mutate) expect(reinvocationPolicy).toBeDefined();
});
