/** The kubelet's stand-in shows and says nothing that the recorded kubelet does not. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { startCluster, type Cluster } from "../../cluster";
import { addNode, FAKE_NODE_LABEL } from "../../nodes";
import { compare, compareEnds, settlingTimes } from "./compare";
import { CORES, record } from "./record";
import { SCENARIOS } from "./scenarios";
import type { Recording } from "./states";

const START_MILLISECONDS = 20 * 60_000; // The first start builds the programs.
const TEST_MILLISECONDS = 120_000;

const { recordings } = JSON.parse(readFileSync(join(__dirname, "recording.json"), "utf8")) as {
  recordings: Recording[];
};

let cluster: Cluster;

beforeAll(async () => {
  cluster = await startCluster({ name: "contract", tektonStandIn: false });
  await addNode(cluster.clients, { name: "node", cpu: String(CORES) });
}, START_MILLISECONDS);

afterAll(() => cluster?.stop(), TEST_MILLISECONDS);

test("what was recorded is what is asked for now", () => {
  expect(recordings.map(({ scenario }) => scenario)).toEqual(SCENARIOS.map(({ name }) => name));
});

const played = SCENARIOS.filter(({ notPlayed }) => notPlayed === undefined);

test.each(played.map(scenario => ({ name: scenario.name, scenario })))(
  "$name",
  async ({ name, scenario }) => {
    const kubelet = recordings.find(recording => recording.scenario === name)!;
    const place = { nodeSelector: { [FAKE_NODE_LABEL.key]: FAKE_NODE_LABEL.value } };
    const standIn = await record(cluster, scenario, place);
    const { wrong, leftOut } = compare(kubelet, standIn);
    const times = [kubelet, standIn].map(settlingTimes).map(all => all.join(", "));
    process.stderr.write([`${name}: ${times[0]} ms, stand-in ${times[1]} ms`, ...leftOut, ""].join("\n  "));
    expect(scenario.isRace ? compareEnds(kubelet, standIn) : wrong).toEqual([]);
  },
  TEST_MILLISECONDS,
);
