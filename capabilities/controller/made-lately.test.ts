import { expect, test } from "@jest/globals";
import type { V1StatefulSet } from "@kubernetes/client-node";
import { slimStatefulSet } from "../store/slim-stateful-set";
import { aRun, placeholderOf } from "../testing/builders";
import { MadeLately } from "./made-lately";

function made(uid: string, generation = 1): V1StatefulSet {
  const statefulSet = placeholderOf(aRun().held().run);
  statefulSet.metadata = { ...statefulSet.metadata, uid, generation };
  return statefulSet;
}

function kept(...all: V1StatefulSet[]): MadeLately {
  const lately = new MadeLately();
  for (const one of all) lately.keep(one);
  return lately;
}

test("is there whole, once", () => {
  const one = made("a");
  const lately = kept(one);
  expect(lately.take(slimStatefulSet(one))).toBe(one);
  expect(lately.take(slimStatefulSet(one))).toBeUndefined();
});

test("one whose spec has changed since is read", () => {
  expect(kept(made("a")).take(made("a", 2))).toBeUndefined();
});

test("the store may know of another one of its name", () => {
  expect(kept(made("a")).take(slimStatefulSet(made("b")))).toBeUndefined();
});

test("is there until it is taken", () => {
  const lately = kept(made("a"));
  expect([made("a"), made("a", 2), made("b")].map(one => lately.has(one))).toEqual([true, false, false]);
  lately.take(made("a"));
  expect(lately.has(made("a"))).toBe(false);
});

test("some hundreds are kept, the oldest not for ever, and none that a tenant has made long", () => {
  const uids = Array.from({ length: 2_000 }, (_, index) => `${index}`);
  const lately = kept(...uids.map(uid => made(uid)));
  const left = uids.filter(uid => lately.take(made(uid)) !== undefined);
  expect(left).toEqual(uids.slice(-left.length));
  expect(left.length).toBeGreaterThanOrEqual(300);
  expect(left.length * JSON.stringify(made("0")).length).toBeLessThan(2 ** 21);
  const long = made("long");
  long.spec!.template.spec!.affinity = {
    podAntiAffinity: {
      requiredDuringSchedulingIgnoredDuringExecution: [
        { topologyKey: "zone", labelSelector: { matchLabels: { app: "x".repeat(40_000) } } },
      ],
    },
  };
  expect(kept(long).take(long)).toBeUndefined();
  const chosen = made("chosen");
  chosen.spec!.template.spec!.nodeSelector = { pool: "x".repeat(40_000) };
  expect(kept(chosen).take(chosen)).toBeUndefined();
});
