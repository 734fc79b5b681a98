/** Runs and neighbours by a seed: the same ones every time. */
import { sequence } from "../../testbed/fault-proxy/seeded";
import { optedIn, run } from "../operated-cluster";
import { after, chosen, cpu } from "../fit/fixture";

export const NODES: Record<string, string> = { small: "4", middle: "8", large: "16", larger: "16" };

const between = (next: () => number, least: number, most: number): number =>
  least + Math.floor(next() * (most - least + 1));

/** Half CPUs, so that runs that fill a node to the last are among them. */
const cpus = (next: () => number, most: number): string => `${500 * between(next, 1, 2 * most)}m`;

/** From 2 to 6 tasks, each after some of those before it. */
export function randomRun(seed: number, index: number) {
  const next = sequence(seed, "run", index);
  const names = Array.from({ length: between(next, 2, 6) }, (_, task) => `task-${task}`);
  const tasks = names.map((name, task) => {
    const before = names.slice(0, task).filter(() => next() < 0.5);
    return cpu(name, cpus(next, 5), before.length > 0 ? after(...before) : {}, between(next, 1, 2) / 2);
  });
  // Now and then, one that no node can hold.
  if (next() < 0.1) tasks.push(cpu("giant", "18"));
  const metadata = { labels: optedIn, ...chosen({ "on-timeout": "cancel" }) };
  return { afterMilliseconds: between(next, 0, 1500), body: run(`run-${index}`, tasks, metadata) };
}

/** Somebody else's pod: how much it takes, how long it stays, and how long it is until the next one. */
export function randomNeighbour(seed: number, index: number) {
  const next = sequence(seed, "neighbour", index);
  return {
    name: `neighbour-${index}`,
    cores: cpus(next, 3),
    staysMilliseconds: between(next, 500, 4000),
    nextMilliseconds: between(next, 50, 600),
  };
}
