/** What the demo claims of the operator, each held against every change that was seen. */
import { hasEnded, isHeldByUs, isPending } from "../capabilities/tekton/objects";
import { isActive, isPlaceholder, ofKind, present, runOf, schedulerReason, type Seen } from "./observation";

export interface Expected {
  /** Names of all runs, that of `late` among them. */
  runs: readonly string[];
  /** The run that there was no node for, and the nodes that there were before; one more was added for it. */
  late: { run: string; nodesBefore: readonly string[] };
}

export interface Verdict {
  claim: string;
  holds: boolean;
  /** What was seen: one sentence for each finding. */
  evidence: string[];
}

/**
 * All claims, in the order in which they are told.
 *
 * @param sharedNodes moments at which two placeholders were on one node, as end-to-end tests find them
 */
export function verdicts(
  seen: readonly Seen[],
  expected: Expected,
  sharedNodes: readonly string[],
): Verdict[] {
  return [
    oneNodeEach(seen, expected),
    neverTwoOnANode(seen, expected, sharedNodes),
    waitedForItsNode(seen, expected),
    allSucceeded(seen, expected),
    noHoldLeft(seen, expected),
    noPlaceholderLeft(seen, expected),
  ];
}

/** A claim holds when nothing speaks against it; otherwise that is the evidence. */
function verdict(claim: string, against: string[], evidence: string[]): Verdict {
  const holds = against.length === 0;
  return { claim, holds, evidence: holds ? evidence : against };
}

function oneNodeEach(seen: readonly Seen[], { runs }: Expected): Verdict {
  const pods = ofKind(seen, "pod");
  const found = runs.map(run => {
    const own = pods.filter(({ object }) => runOf(object) === run).map(({ object }) => object);
    const nodes = [...new Set(own.flatMap(({ spec }) => spec?.nodeName ?? []))];
    const count = new Set(own.filter(pod => !isPlaceholder(pod)).map(({ metadata }) => metadata?.uid)).size;
    const pieces = `placeholder and ${count} ${count === 1 ? "pod" : "pods"}`;
    const complete = count > 0 && own.some(isPlaceholder);
    return {
      holds: complete && nodes.length === 1,
      text: `${run}: ${complete ? pieces : `${count} pods`} on ${nodes.join(" and ") || "no node"}`,
    };
  });
  const against = found.filter(({ holds }) => !holds).map(({ text }) => text);
  return verdict(
    "Each run had all of its pods, and its placeholder, on one node",
    against,
    found.map(({ text }) => text),
  );
}

/** A run is on a node from the binding of its first pod there, its placeholder, until the last has ended. */
function neverTwoOnANode(seen: readonly Seen[], { runs }: Expected, sharedNodes: readonly string[]): Verdict {
  const bound = new Map<string, { run: string; node: string }>();
  const placed = new Set<string>();
  const against = new Set(sharedNodes);
  const changes = ofKind(seen, "pod").filter(({ object }) => runOf(object) !== undefined);
  for (const { object, gone } of changes) {
    const { uid } = object.metadata!;
    const run = runOf(object)!;
    const node = object.spec?.nodeName;
    if (gone || !node || !isActive(object)) {
      bound.delete(uid!);
      continue;
    }
    bound.set(uid!, { run, node });
    if (isPlaceholder(object)) placed.add(run);
    for (const other of bound.values()) {
      if (other.node === node && other.run !== run)
        against.add(`${node}: ${[other.run, run].sort().join(" and ")}`);
    }
  }
  for (const run of runs) if (!placed.has(run)) against.add(`${run}: its placeholder was never bound`);
  const evidence = `${changes.length} changes of pods and placeholders, and never two runs at once on a node`;
  return verdict(
    "No two runs, and no two placeholders, were on one node at the same time",
    [...against],
    [evidence],
  );
}

function waitedForItsNode(seen: readonly Seen[], { late: { run, nodesBefore } }: Expected): Verdict {
  const claim = `${run} waited until a node was added for it, and went there`;
  const added = ofKind(seen, "node").find(({ object }) => !nodesBefore.includes(object.metadata!.name!));
  const node = added?.object.metadata!.name;
  const own = ofKind(seen, "pod").filter(({ object }) => runOf(object) === run);
  const placeholder = own.filter(({ object }) => isPlaceholder(object));
  const waiting = placeholder.find(({ object }) => !object.spec?.nodeName && schedulerReason(object));
  const bound = placeholder.find(({ object }) => object.spec?.nodeName);
  const early = own.find(
    ({ object, revision }) => !isPlaceholder(object) && !(revision > (bound?.revision ?? 0)),
  );
  if (added === undefined) return verdict(claim, ["no node was added"], []);
  if (bound === undefined) return verdict(claim, ["its placeholder was never bound"], []);
  const against: string[] = [];
  if (waiting === undefined || waiting.revision > added.revision) {
    against.push(`the scheduler gave no reason to wait before ${node} was added`);
  }
  if (bound.revision < added.revision) against.push(`its placeholder was bound before ${node} was added`);
  if (bound.object.spec?.nodeName !== node) against.push(`it went to ${bound.object.spec?.nodeName}`);
  if (early !== undefined)
    against.push(`${early.object.metadata?.name} was there before its placeholder was bound`);
  const seconds = (bound.atMilliseconds - placeholder[0].atMilliseconds) / 1000;
  const evidence = [
    `it waited ${seconds.toFixed(1)} s for ${node}; the scheduler: ${schedulerReason(waiting?.object ?? {})}`,
  ];
  return verdict(claim, against, evidence);
}

function allSucceeded(seen: readonly Seen[], { runs }: Expected): Verdict {
  const now = present(seen, "run");
  const found = runs.map(name => {
    const run = now.find(({ metadata }) => metadata?.name === name);
    const succeeded = run?.status?.conditions?.find(({ type }) => type === "Succeeded");
    const state = run === undefined ? "is not there" : hasEnded(run) ? succeeded?.reason : "has not ended";
    return { succeeded: succeeded?.status === "True", text: `${name}: ${state}` };
  });
  return verdict(
    "Every run succeeded",
    found.filter(({ succeeded }) => !succeeded).map(({ text }) => text),
    found.map(({ text }) => text),
  );
}

function noHoldLeft(seen: readonly Seen[], { runs }: Expected): Verdict {
  const held = new Set(
    ofKind(seen, "run")
      .filter(({ object }) => isHeldByUs(object))
      .map(({ object }) => object.metadata?.name),
  );
  const left = present(seen, "run").filter(isPending);
  const against = [
    ...runs.filter(run => !held.has(run)).map(run => `${run}: it was never held`),
    ...left.map(({ metadata }) => `${metadata?.name}: it is still Pending`),
  ];
  return verdict("No run is held any more", against, [`${held.size} runs were held, and none is left so`]);
}

function noPlaceholderLeft(seen: readonly Seen[], { runs }: Expected): Verdict {
  const made = new Set(
    ofKind(seen, "statefulSet")
      .filter(({ object }) => isPlaceholder(object))
      .map(({ object }) => runOf(object)),
  );
  const left = (["statefulSet", "pod"] as const).flatMap(kind =>
    present(seen, kind)
      .filter(isPlaceholder)
      .map(({ metadata }) => `${kind === "pod" ? "pod" : "StatefulSet"} ${metadata?.name} is left`),
  );
  const against = [...runs.filter(run => !made.has(run)).map(run => `${run}: it never had one`), ...left];
  return verdict("No placeholder is left", against, [
    `${made.size} were made, and all are gone, with their pods`,
  ]);
}
