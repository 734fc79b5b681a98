import { expect, test } from "@jest/globals";
import { nodeEventsPage } from "./table";

const outcome = {
  result: "Succeeded",
  nodes: ["cordon-placed-b"],
  splits: [],
  seconds: 2.345,
  told: ["Moved"],
};

test("each row says what became of the run", () => {
  const page = nodeEventsPage(
    [
      [{ event: "cordon", state: "placed" }, outcome],
      [
        { event: "not ready", state: "active" },
        { ...outcome, nodes: ["x-a"], result: "Failed", splits: ["two"] },
      ],
    ],
    outcome,
  );
  const cells = page
    .split("\n")
    .filter(line => line.startsWith("| "))
    .map(line => line.split("|").map(cell => cell.trim()));
  expect(cells.slice(2).map(row => row.slice(1, -1))).toEqual([
    ["cordon", "placed, nothing has started", "went on elsewhere", "2.3", "`Moved`"],
    ["not ready", "pods active", "stayed, ended as Failed, was SPLIT", "2.3", "`Moved`"],
  ]);
  expect(page).toContain("took 2.3 s");
});
