/** The runs that are compared: four small tasks each, that others may share a node with. */
import { nap, optedIn, run } from "../e2e/operated-cluster";
import { KEY_PREFIX } from "../capabilities/keys";

type Kind = (typeof KINDS)[number];
export type { Kind };
export const KINDS = [
  "not-opted-in",
  "without-requests",
  "with-requests",
  "chain",
  "script-without-requests",
  "script-with-requests",
] as const;
/** Those that the operator places. */
export const OPTED_IN_KINDS = [
  "without-requests",
  "with-requests",
  "chain",
] as const satisfies readonly Kind[];
/** Those that a script places, see by-script.ts. */
export const SCRIPTED_KINDS = [
  "script-without-requests",
  "script-with-requests",
] as const satisfies readonly Kind[];
export type ScriptedKind = (typeof SCRIPTED_KINDS)[number];

export const isScripted = (kind: Kind): kind is ScriptedKind =>
  (SCRIPTED_KINDS as readonly Kind[]).includes(kind);

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
  "script-without-requests": diamond(),
  "script-with-requests": diamond(SMALL),
};

const isOptedIn = (kind: Kind): boolean => (OPTED_IN_KINDS as readonly Kind[]).includes(kind);

export function runOfKind(kind: Kind, name: string): ReturnType<typeof run> {
  const annotations = { [`${KEY_PREFIX}isolation`]: "none" };
  const metadata = isOptedIn(kind) ? { labels: optedIn, annotations } : { labels: {} };
  return run(name, TASKS[kind], metadata);
}
