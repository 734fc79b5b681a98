/** The runs that are compared: four small tasks each, that others may share a node with. */
import { nap, optedIn, run } from "../e2e/operated-cluster";
import { KEY_PREFIX } from "../capabilities/keys";

type Kind = (typeof KINDS)[number];
export type { Kind };
export const KINDS = ["not-opted-in", "without-requests", "with-requests", "chain"] as const;
/** Those that the operator places. */
export const OPTED_IN_KINDS = KINDS.slice(1);

const SMALL = { cpu: "100m", memory: "64Mi" };

function task(name: string, requests: object | undefined, ...runAfter: string[]): object {
  const made = nap(name, 1, { runAfter });
  const [step] = made.taskSpec.steps;
  const steps = [{ ...step, computeResources: { requests } }];
  return { ...made, taskSpec: { ...made.taskSpec, steps } };
}

/** One, then two at once, then one. */
const diamond = (requests?: object) => [
  task("a", requests),
  task("b", requests, "a"),
  task("c", requests, "a"),
  task("d", requests, "b", "c"),
];

/** One after another, all of one size. */
const chain = (requests?: object) => [
  task("a", requests),
  task("b", requests, "a"),
  task("c", requests, "b"),
  task("d", requests, "c"),
];

const TASKS: Record<Kind, object[]> = {
  "not-opted-in": diamond(SMALL),
  "without-requests": diamond(),
  "with-requests": diamond(SMALL),
  chain: chain(SMALL),
};

export function runOfKind(kind: Kind, name: string): object {
  const annotations = { [`${KEY_PREFIX}isolation`]: "none" };
  const metadata = kind === "not-opted-in" ? { labels: {} } : { labels: optedIn, annotations };
  return run(name, TASKS[kind], metadata);
}
