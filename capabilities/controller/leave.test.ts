import { expect, test } from "@jest/globals";
import type { V1Pod } from "@kubernetes/client-node";
import { aRun, observed, placeholderOf, placeholderPodOf, runPod } from "../testing/builders";
import { leave } from "./leave";
import type { Observed } from "../phases/observed";
import type { Reservation } from "../room/reservation";

const floor = { cpu: 10, memory: 16 * 2 ** 20 };
const ask = { cpu: 4000, memory: 2 ** 30 };
const reservation: Reservation = { ask, floor, firstWave: {}, tasks: [] };
const placed = aRun().placed().run;

function keeping(asked: typeof ask, pods: V1Pod[], more: Partial<Observed> = {}): Observed {
  const statefulSet = placeholderOf(placed, reservation);
  const pod = placeholderPodOf(placed, "node-1", reservation, asked);
  return observed(placed, { statefulSet, pods: [pod, ...pods], ...more });
}

const foreign = () => ({ ...placeholderOf(placed, reservation), metadata: { labels: { app: "database" } } });
const deleted = () => {
  const made = placeholderOf(placed, reservation);
  return { ...made, metadata: { ...made.metadata, deletionTimestamp: new Date(0) } };
};

test.each<[string, Observed, string]>([
  ["a run that nothing is known of", observed(aRun().run), "none"],
  ["a held run", observed(aRun().held().run), "let-go"],
  [
    "a held run whose placeholder is there",
    { ...keeping(ask, [runPod("Running")]), run: aRun().held().run },
    "let-go",
  ],
  ["a hold that is somebody else's", observed(aRun().optedIn().pending().run), "none"],
  ["a placeholder without pods", keeping(ask, []), "delete-placeholder"],
  ["a placeholder whose pods have all ended", keeping(ask, [runPod("Succeeded")]), "delete-placeholder"],
  ["a placeholder whose run is gone", keeping(ask, [], { run: undefined }), "none"],
  ["one that a pod waits for", keeping(ask, [runPod("Pending")]), "free-room"],
  ["one that a pod runs beside", keeping(ask, [runPod("Running")]), "free-room"],
  ["one that keeps memory only", keeping({ ...floor, memory: ask.memory }, [runPod("Running")]), "free-room"],
  ["one that keeps no room", keeping(floor, [runPod("Running")]), "none"],
  ["somebody else's StatefulSet of that name", keeping(ask, [], { statefulSet: foreign() }), "none"],
  ["one that is being deleted", keeping(ask, [], { statefulSet: deleted() }), "none"],
  [
    "one whose pod is being made",
    observed(placed, { statefulSet: placeholderOf(placed), pods: [runPod("Running")] }),
    "none",
  ],
])("%s", (_name, seen, kind) => expect(leave(seen).kind).toBe(kind));

test("room is freed down to what the placeholder never goes below", () => {
  expect(leave(keeping(ask, [runPod("Running")]))).toMatchObject({ size: floor });
});
