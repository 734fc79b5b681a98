/**
 * Random runs beside neighbours that take and free room all the time, and the same runs without them.
 *
 *   NEIGHBOURS_RUNS=50 NEIGHBOURS_SEED=7 npx jest e2e/neighbours
 */
import { setTimeout as delay } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import type { V1Pod } from "@kubernetes/client-node";
import type { Change } from "../testbed/event-feed";
import { until } from "../testbed/until";
import { Fit } from "./fit/fixture";
import {
  OperatedCluster,
  OWN_NODES,
  RUN_MILLISECONDS,
  START_MILLISECONDS,
  STOP_MILLISECONDS,
} from "./operated-cluster";
import { Neighbours } from "./neighbours/neighbours";
import { NODES, randomRun } from "./neighbours/random-runs";
import { cpusOf, millisecondsByWho, traced, waitsIn, type Wait } from "./neighbours/waits";

const RUNS = Number(process.env["NEIGHBOURS_RUNS"] ?? 8);
const SEED = Number(process.env["NEIGHBOURS_SEED"] ?? 1);
/** Longer by less than this is chance: the scheduler pauses for 1 s after a failed try, then for 2 s. */
const NOISE_MILLISECONDS = 3500;
const MILLISECONDS = RUN_MILLISECONDS + RUNS * 10_000;
const settings = { POD_AFFINITY_AUTOSCALER: "none", POD_AFFINITY_ON_NEVER_FITS: "at-once" };

(OWN_NODES ? describe : describe.skip)(`${RUNS} random runs, seed ${SEED}`, () => {
  let fit: Fit;
  beforeAll(async () => {
    fit = new Fit(await OperatedCluster.start("neighbours", 0, { settings }));
    for (const [name, cores] of Object.entries(NODES)) await fit.node(name, cores);
  }, START_MILLISECONDS);
  afterAll(() => fit?.operated.stop(), STOP_MILLISECONDS);

  /** By run: how it ended. */
  async function outcomes(namespace: string): Promise<Record<string, string>> {
    const { operated } = fit;
    await operated.createNamespace(namespace);
    for (let index = 0; index < RUNS; index++) {
      const { body, afterMilliseconds } = randomRun(SEED, index);
      await operated.createRun(namespace, body);
      await delay(afterMilliseconds);
    }
    const runs = await operated.untilEnded(namespace, MILLISECONDS);
    const told = await operated.warnings(namespace);
    const { items } = await operated.cluster.clients.core.listNamespacedEvent({ namespace });
    const toldOf = (name: string) =>
      items.some(({ reason, involvedObject }) => reason === "NeverFits" && involvedObject.name === name);
    expect(told.filter(({ reason }) => reason !== "NeverFits")).toEqual([]);
    return Object.fromEntries(
      runs.map(({ metadata, status }) => [
        metadata!.name!,
        toldOf(metadata!.name!) ? "told" : status!.conditions![0]!.reason!,
      ]),
    );
  }

  /** Of the waits that are longer than the same ones without neighbours: by how much, and who was in the way. */
  function longerWaits(alone: Wait[], beside: Wait[], changes: Change<V1Pod>[]) {
    const before = millisecondsByWho(alone);
    const after = [...millisecondsByWho(beside)].filter(
      ([who, milliseconds]) => milliseconds > (before.get(who) ?? 0) + NOISE_MILLISECONDS,
    );
    const traces = traced(
      beside.filter(({ who }) => after.some(([longer]) => longer === who)),
      changes,
      cpusOf(NODES),
      "neighbours",
    );
    return after.map(([who, milliseconds]) => ({
      who,
      seconds: `${((before.get(who) ?? 0) / 1000).toFixed(1)} -> ${(milliseconds / 1000).toFixed(1)}`,
      inTheWay: traces.get(who) ?? [],
    }));
  }

  const waits = (namespace: string): Wait[] => waitsIn(fit.operated.history.all("pod", namespace));

  test(
    "every run succeeds or is told that it cannot fit, and each wait that is longer is a neighbour's",
    async () => {
      const { operated } = fit;
      const alone = await outcomes("alone");
      await operated.createNamespace("neighbours");
      const neighbours = new Neighbours(operated, "neighbours", SEED);
      const beside = await outcomes("beside").finally(() => neighbours.stop());
      await until("the neighbours to go", RUN_MILLISECONDS, async () => {
        return operated.history.now("pod", "neighbours").length === 0;
      });

      expect(beside).toEqual(alone);
      expect(
        Object.values(beside).filter(
          outcome => outcome !== "Completed" && outcome !== "Succeeded" && outcome !== "told",
        ),
      ).toEqual([]);
      expect(fit.splits("beside")).toEqual([]);
      const gone = operated.history.all("pod", "neighbours").filter(({ type }) => type === "DELETED");
      expect(
        gone.map(({ object }) => object.metadata!.name!).filter(name => !neighbours.left.has(name)),
      ).toEqual([]);

      const longer = longerWaits(waits("alone"), waits("beside"), operated.history.all("pod"));
      const counts = Object.values(beside).filter(outcome => outcome === "told").length;
      console.info(
        [
          `${RUNS - counts} runs succeeded, ${counts} were told that they cannot fit; ${neighbours.left.size} neighbours; longer waits: ${longer.length}`,
          ...longer.map(
            ({ who, seconds, inTheWay: names }) =>
              `${who}: ${seconds} s, because of ${names.slice(0, 5).join(", ")}`,
          ),
        ].join("\n"),
      );
      expect(longer.filter(({ inTheWay: names }) => names.length === 0)).toEqual([]);
    },
    2 * MILLISECONDS + RUN_MILLISECONDS,
  );
});
