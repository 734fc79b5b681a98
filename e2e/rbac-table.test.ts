import { expect, test } from "@jest/globals";
import { comparePermissions } from "./rbac-table";

const nothing = { granted: [], used: [], denied: [], least: [] };

test("what is granted and used, and no more, is no problem", () => {
  const granted = ["controller get pods", "controller patch pods/resize"];
  const { table, problems } = comparePermissions({ ...nothing, granted, used: granted, least: granted });
  expect(problems).toEqual([]);
  expect(table.split("\n")).toEqual([
    "account     verb   resource     granted  used",
    "controller  get    pods         yes      yes",
    "controller  patch  pods/resize  yes      yes",
  ]);
});

test.each<[string, object, string]>([
  ["a verb that nobody used", { granted: ["a get pods"] }, "granted, but not used: a get pods"],
  ["a wildcard", { granted: ["a * *"], used: ["a get pods"] }, "granted, but not used: a * *"],
  ["a use by other means", { used: ["a get pods"] }, "used, but not granted here: a get pods"],
  ["a denial", { denied: ["a get pods (why)"] }, "denied: a get pods (why)"],
  ["tests that saw too little", { least: ["a get pods"] }, "the tests must use it, and did not: a get pods"],
])("%s is told", (_name, given, problem) => {
  expect(comparePermissions({ ...nothing, ...given }).problems).toContain(problem);
});
