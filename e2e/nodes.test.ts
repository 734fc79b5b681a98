/** A run survives its node: each event that can befall one, in each state that a run can be in. */
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { EVENTS, type EventName } from "./nodes/events";
import { movesOffTests } from "./nodes/moves-off";
import { nodeEventsPage } from "./nodes/table";
import { stranded, type Stranded } from "./nodes/stranded";
import { idOf, STATES, Told, type Outcome, type State, type Story } from "./nodes/story";
import { EVIDENCE_ROOT } from "../testbed/evidence";
import {
  OperatedCluster,
  OWN_NODES,
  RUN_MILLISECONDS,
  START_MILLISECONDS,
  STOP_MILLISECONDS,
} from "./operated-cluster";

/** What only a pod that looks for a place comes to know says nothing of a run that has no node yet. */
const isPossible = ({ event, state }: Story): boolean => EVENTS[event].isSaid || state !== "held";

const STORIES: Story[] = (Object.keys(EVENTS) as EventName[])
  .flatMap(event => STATES.map((state: State) => ({ event, state })))
  .filter(isPossible);

/** Nodes of its pods, in order. One that is back is as good as before. */
function nodesOf({ event, state }: Story): string[] {
  const [first, second] = [`${idOf({ event, state })}-a`, `${idOf({ event, state })}-b`];
  if (state === "held" || state === "placed") return [second];
  return event === "not ready" && state === "active" ? [first] : [first, second];
}

/** The slot that its pod gives free the run's next one may have before a stranger that waits comes out of its back-off. */
const mayBeOn = (story: Story): string[][] =>
  story.event === "full of pods" && story.state === "active"
    ? [nodesOf(story), nodesOf(story).slice(0, 1)]
    : [nodesOf(story)];

const ALONE: Story = { event: "cordon", state: "between tasks", isAlone: true };

/** What docs/node-events.md is taken from, see `npm run e2e:nodes`. */
const PAGE = join(EVIDENCE_ROOT, "node-events.md");

const settings = { POD_AFFINITY_DISRUPTION_BUDGET: "active" };

(OWN_NODES ? describe : describe.skip)("a node is not what it was", () => {
  let operated: OperatedCluster;
  const outcomes = new Map<Story, Promise<Outcome>>();
  let squeezed: Promise<Stranded>;
  let alone: Outcome | undefined;

  beforeAll(async () => {
    operated = await OperatedCluster.start("nodes", 0, { settings });
    // All at once, as they wait for minutes and work for seconds; each test waits for its own.
    for (const story of STORIES) {
      const outcome = new Told(operated, story).told();
      outcome.catch(() => undefined);
      outcomes.set(story, outcome);
    }
    squeezed = stranded(operated);
    squeezed.catch(() => undefined);
  }, START_MILLISECONDS);
  afterAll(async () => {
    await mkdir(EVIDENCE_ROOT, { recursive: true });
    const all = await Promise.all(
      [...outcomes].map(async ([story, outcome]) =>
        outcome.then(
          (found): [Story, Outcome][] => [[story, found]],
          () => [],
        ),
      ),
    );
    await writeFile(PAGE, nodeEventsPage(all.flat(), alone));
    await operated?.stop();
  }, STOP_MILLISECONDS);

  test.each(STORIES)(
    "$event, $state: the run goes on, whole",
    async story => {
      const outcome = await outcomes.get(story)!;
      expect(outcome).toMatchObject({ result: "Succeeded", splits: [] });
      expect(mayBeOn(story)).toContainEqual(outcome.nodes);
    },
    RUN_MILLISECONDS,
  );

  test(
    "a run that lost its placeholder is not squeezed out of its node by one that waits for it",
    async () => {
      const outcome = await squeezed;
      console.info(`a placeholder that was lost on a node that is waited for: ${JSON.stringify(outcome)}`);
      expect(outcome).toMatchObject({ results: ["Succeeded", "Succeeded"], together: [] });
    },
    RUN_MILLISECONDS,
  );

  test(
    "and how long that takes where nothing else is going on",
    async () => {
      await Promise.allSettled(outcomes.values());
      alone = await new Told(operated, ALONE).told();
      const { result, told } = alone;
      expect({ result, told }).toEqual({ result: "Succeeded", told: ["Moved", "Moving", "Placed"] });
    },
    RUN_MILLISECONDS,
  );

  describe("with moves switched off", () => movesOffTests(() => operated));
});
