/** Which end-to-end tests run side by side. */
import { join, sep } from "node:path";

/** Whole paths, because a checkout may lie below a directory of any of these names. */
export const testsIn = (...directories) => directories.map(directory => join(process.cwd(), directory) + sep);

/** Of how long something takes, or how often something comes about: two at once, the last begins when the soak is calm. */
const OF_TIME = ["soak", "neighbours", "leader"].map(name => join(process.cwd(), "e2e", `${name}.test.ts`));
/**
 * Commands of their own: `npm run e2e:autoscaler` takes minutes, most of them waiting for nodes to go, and at first as many
 * again to build Karpenter, as `npm run e2e:kueue` does to build Kueue.
 */
const APART = testsIn("e2e/autoscaler", "e2e/kueue");
const LONGEST_FIRST = "--testSequencer=./scripts/longest-first.cjs";

/** Arguments of jest. Four clusters at once: each waits for much of its time. */
export const sideBySide = directories => [
  "--maxWorkers=4",
  LONGEST_FIRST,
  ...testsIn(...directories),
  ...[...OF_TIME, ...APART].map(path => `--testPathIgnorePatterns=${path}`),
];
export const ofTime = ["--maxWorkers=2", LONGEST_FIRST, ...OF_TIME];
