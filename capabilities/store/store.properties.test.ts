import { expect, test } from "@jest/globals";
import fc from "fast-check";
import { aRun, placeholderOf, placeholderPodOf } from "../testing/builders";
import { emptyStore, KEY, stored } from "../testing/stored";
import type { Place } from "./entry";
import type { ChangeType } from "./watch-events";

interface Told {
  place: Place;
  type: ChangeType;
  version: number;
}

const run = (version: number) => (version % 2 === 0 ? aRun().held().run : aRun().placed().run);
const object = (place: Place, version: number) => {
  if (place === "run") return run(version);
  return place === "statefulSet" ? placeholderOf(run(0)) : placeholderPodOf(run(0), `node-${version}`);
};
const PLACES = ["run", "statefulSet", "pods"] as const;

/** The history of an object: changes, at the end perhaps its deletion. */
const historyOf = (place: Place) =>
  fc.tuple(fc.integer({ min: 1, max: 5 }), fc.boolean()).map(([changes, isDeleted]) =>
    Array.from({ length: changes }, (_, index): Told => {
      const isLast = index === changes - 1;
      return { place, type: isLast && isDeleted ? "DELETED" : "MODIFIED", version: 8 + index };
    }),
  );

const histories = fc.tuple(...PLACES.map(historyOf));
/** The same events in any order, some of them several times. */
const mixed = histories.chain(all => {
  const events = all.flat();
  return fc.record({
    all: fc.constant(all),
    told: fc
      .array(fc.constantFrom(...events), { maxLength: 10 })
      .chain(twice =>
        fc.shuffledSubarray([...events, ...twice], { minLength: events.length + twice.length }),
      ),
  });
});

test("whatever order and number events come in, the store ends as the newest versions", () => {
  fc.assert(
    fc.property(mixed, ({ all, told }) => {
      const { store } = emptyStore();
      for (const { place, type, version } of told) {
        const seen = stored(object(place, version), version);
        if (place === "run") store.runs.event(type, seen as never);
        else if (place === "pods") store.pods.event(type, seen as never);
        else store.statefulSet(type, seen as never);
      }
      const { observed } = store.lookUp(KEY);
      const found = { run: observed.run, statefulSet: observed.statefulSet, pods: observed.pods[0] };
      for (const history of all) {
        const { place, type, version } = history.at(-1)!;
        const known = found[place as keyof typeof found];
        if (type === "DELETED") expect(known).toBeUndefined();
        else expect(known?.metadata?.resourceVersion).toBe(String(version));
      }
    }),
  );
});
