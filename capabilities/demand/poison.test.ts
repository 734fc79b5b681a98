/** No object of any tenant can stop the operator: all that are known to have tried, in one process with a small heap. */
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "@jest/globals";
import { POISONS } from "../testing/poisons";
import { TEMPLATE_POISONS } from "../testing/template-poisons";
import type { Swallowed } from "../testing/swallow-poisons";
import { MOST_TASKS } from "./limits";

const PROGRAM = join(__dirname, "../testing/swallow-poisons.ts");
/** Each takes a second or two. */
const MOST_MILLISECONDS = 20_000;
const LONGEST_NOTE = 3000;

describe("a run that would cost far more than its size", () => {
  let swallowed = new Map<string, Swallowed & { read?: number }>();

  beforeAll(() => {
    const args = ["--max-old-space-size=256", "--import", "tsx", PROGRAM];
    const { stdout } = spawnSync(process.execPath, args, { encoding: "utf8", timeout: 550_000 });
    const lines = stdout.split("\n").filter(line => line !== "");
    swallowed = new Map(lines.map(line => JSON.parse(line)).map(item => [item.name, item]));
  }, 560_000);

  it.each([...Object.keys({ ...POISONS, ...TEMPLATE_POISONS }), "500 definitions of a MiB"])("%s", name => {
    const { milliseconds, tasks, notes } = swallowed.get(name)!;
    expect(milliseconds).toBeLessThan(MOST_MILLISECONDS);
    // Pipelines in pipelines have a beginning, a middle and an end besides.
    expect(tasks).toBeLessThanOrEqual(4 * MOST_TASKS);
    for (const note of notes) expect(note.length).toBeLessThan(LONGEST_NOTE);
  });

  it.each([
    {
      name: "a long array that a matrix names 200 times",
      note: "Not all pods are counted: a (its matrix has 1000000 or more combinations, of which Tekton allows 256).",
    },
    {
      name: "many texts that one parameter makes long",
      note: "Parameters are put in up to 65536 characters in one place and 16777216 in all; more would come of",
    },
    {
      name: "80,000 tasks",
      note: "(pipeline) (it has 80000 tasks; of one run up to 10000 are followed).",
    },
    {
      name: "400,000 steps",
      note: "More than is reckoned with, each task counted as cpu=500m,memory=512Mi: a (400000 steps and sidecars, 1000 are allowed).",
    },
    {
      name: "resources of its own for every task",
      note: "The run asks for more than 32 kinds of resources; left out:",
    },
    {
      name: "a LimitRange of many resources",
      note: "LimitRanges are left out: more than is reckoned with: 70000 resources in one place, 32 are allowed.",
    },
    {
      name: "500 definitions of a MiB",
      note: "was not read: of one run up to 500 definitions and 16777216 characters are read)",
    },
    {
      name: "terms as many as fit, and 10,000 tasks",
      note: "The run has more different pod templates, or more in them, than are compared: not all of it counts.",
    },
    {
      name: "expressions as many as fit, on one label",
      note: "the node selectors and node affinities of the pod templates are more than are compared",
    },
    {
      name: "claims by param of many pods",
      note: "The run names more than 100 claims, or in more places than are looked at",
    },
  ])("$name: people are told what, and what is allowed", ({ name, note }) => {
    expect(swallowed.get(name)!.notes.join(" ")).toContain(note);
  });

  it("no more definitions are read when those that are here are large", () => {
    expect(swallowed.get("500 definitions of a MiB")!.read).toBeLessThanOrEqual(20);
  });
});
