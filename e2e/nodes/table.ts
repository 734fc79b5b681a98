/** docs/node-events.md: what became of each run of the suite, as it was seen. Pure. */
import { markdownTable } from "../../scripts/markdown";
import type { Outcome, Story } from "./story";

const HEAD = `# Node events, as they were seen

<!-- Written by a run of the suite: npm run e2e:nodes -->

A run, two nodes, and something that befalls the first of them, on a Kubernetes control plane of one machine with 2 cores
([e2e/nodes.test.ts](../e2e/nodes.test.ts)). All of these runs are under way at the same time, so that seconds are more than they
would be for one alone: from the event until something of the run is on its second node; where it stays, until its next pod
is made. Each run ended as \`Succeeded\` where nothing else is said, and was never on two nodes at once. What each of the
Events says is in [nodes](nodes.md#what-is-told-on-the-run). A held run is not placed on a node that is full, or that its
volume cannot go to: that befalls none.
`;

/** In the words of the states. */
const STATE_NAMES: Record<Story["state"], string> = {
  held: "held, without a node",
  placed: "placed, nothing has started",
  "between tasks": "between two tasks",
  active: "pods active",
  finally: "only finally tasks left",
};

function whatHappened({ nodes, result, splits }: Outcome): string {
  const words = nodes.length === 1 && nodes[0]!.endsWith("-a") ? ["stayed"] : ["went on elsewhere"];
  if (result !== "Succeeded") words.push(`ended as ${result}`);
  if (splits.length > 0) words.push("was SPLIT");
  return words.join(", ");
}

/** @param alone the cordon between two tasks, with nothing else going on */
export function nodeEventsPage(outcomes: readonly [Story, Outcome][], alone: Outcome | undefined): string {
  const rows = outcomes.map(([{ event, state }, outcome]) => [
    event,
    STATE_NAMES[state],
    whatHappened(outcome),
    `${outcome.seconds.toFixed(1)}`,
    outcome.told.map(reason => `\`${reason}\``).join(", "),
  ]);
  const table = markdownTable(["event", "the run was", "and", "seconds", "told on it"], rows);
  const last =
    alone === undefined
      ? ""
      : `\nWith nothing else on the machine a cordon between two tasks took ${alone.seconds.toFixed(1)} s.\n`;
  return `${HEAD}\n${table}\n${last}`;
}
