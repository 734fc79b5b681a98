/** A run survives its node: each event that can befall one, in each state that a run can be in. */
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { EVENTS, type EventName } from "./nodes/events";
import { movesOffTests } from "./nodes/moves-off";
import { idOf, STATES, Told, type Outcome, type State, type Story } from "./nodes/story";
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

const ALONE: Story = { event: "cordon", state: "between tasks", isAlone: true };

const settings = { POD_AFFINITY_DISRUPTION_BUDGET: "active" };

(OWN_NODES ? describe : describe.skip)("a node is not what it was", () => {
  let operated: OperatedCluster;
  const outcomes = new Map<Story, Promise<Outcome>>();

  beforeAll(async () => {
    operated = await OperatedCluster.start("nodes", 0, { settings });
    // All at once, as they wait for minutes and work for seconds; each test waits for its own.
    for (const story of STORIES) {
      const outcome = new Told(operated, story).told();
      outcome.catch(() => undefined);
      outcomes.set(story, outcome);
    }
  }, START_MILLISECONDS);
  afterAll(async () => {
    const lines = await Promise.all(
      [...outcomes].map(async ([{ event, state }, outcome]) => {
        const { seconds, result, told } = await outcome.catch(() => ({
          seconds: NaN,
          result: "?",
          told: [],
        }));
        return [event, state, `${seconds} s`, result, told.join(", ")].join(" | ");
      }),
    );
    console.info(lines.join("\n"));
    await operated?.stop();
  }, STOP_MILLISECONDS);

  test.each(STORIES)(
    "$event, $state: the run goes on, whole",
    async story => {
      const outcome = await outcomes.get(story)!;
      expect(outcome).toMatchObject({ result: "Succeeded", nodes: nodesOf(story), splits: [] });
    },
    RUN_MILLISECONDS,
  );

  test(
    "and how long that takes where nothing else is going on",
    async () => {
      await Promise.allSettled(outcomes.values());
      const { seconds, result, told } = await new Told(operated, ALONE).told();
      console.info(`a cordon between two tasks: on another node after ${seconds} s`);
      expect({ result, told }).toEqual({ result: "Succeeded", told: ["Moved", "Moving", "Placed"] });
    },
    RUN_MILLISECONDS,
  );

  describe("with moves switched off", () => movesOffTests(() => operated));
});
