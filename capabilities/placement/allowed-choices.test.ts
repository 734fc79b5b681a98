import { describe, expect, test } from "@jest/globals";
import { KEY_PREFIX } from "../keys";
import { aRun } from "../testing/builders";
import { dependsOnLimits, notAllowed, withAllowedChoices } from "./allowed-choices";
import { parseSettings } from "../choices/settings";

const choosing = (name: string, value: string) =>
  aRun()
    .held()
    .annotation(KEY_PREFIX + name, value).run;
const settings = parseSettings({});

describe("by the settings", () => {
  test.each([
    { name: "topology-key", value: "topology.kubernetes.io/zone", allowed: true },
    { name: "topology-key", value: "topology.kubernetes.io/region", allowed: true },
    { name: "topology-key", value: "example.com/rack", allowed: false },
    { name: "isolation-topology-key", value: "kubernetes.io/hostname", allowed: true },
    { name: "isolation-topology-key", value: "kubernetes.io/os", allowed: false },
    { name: "isolation-topology-key", value: "kubernetes.io/arch", allowed: false },
    { name: "isolation-scope", value: "namespace", allowed: true },
    { name: "isolation-scope", value: "cluster", allowed: true },
  ])("$name $value: $allowed", ({ name, value, allowed }) => {
    const found = notAllowed(choosing(name, value), settings, undefined);
    expect(found.map(one => one.name)).toEqual(allowed ? [] : [name]);
    for (const { problem } of found) {
      for (const word of [name, value, "kubernetes.io/hostname"]) expect(problem).toContain(word);
    }
  });

  test("their own default is allowed whatever the list says", () => {
    const narrow = parseSettings({
      POD_AFFINITY_DEFAULT_TOPOLOGY_KEY: "example.com/rack",
      POD_AFFINITY_ALLOWED_TOPOLOGY_KEYS: "kubernetes.io/hostname",
    });
    expect(notAllowed(choosing("topology-key", "example.com/rack"), narrow, undefined)).toEqual([]);
  });
});

describe("by annotations of the namespace", () => {
  const of = (name: string, value: string) => ({ [`${KEY_PREFIX}allowed-${name}`]: value });

  test.each([
    {
      what: "more",
      key: "isolation-topology-key",
      value: "example.com/rack",
      list: "example.com/rack",
      ok: true,
    },
    { what: "less", key: "isolation-scope", value: "cluster", list: "namespace", ok: false },
    {
      what: "nothing but the default",
      key: "topology-key",
      value: "topology.kubernetes.io/zone",
      list: "",
      ok: false,
    },
  ])("$what: $key $value", ({ key, value, list, ok }) => {
    const scoped = parseSettings({ POD_AFFINITY_DEFAULT_ISOLATION_SCOPE: "namespace" });
    const found = notAllowed(choosing(key, value), scoped, of(`${key}s`, list));
    expect(found.length === 0).toBe(ok);
  });
});

test("the namespace is read only for a choice that is not the default", () => {
  expect(dependsOnLimits(aRun().held().run, settings)).toBe(false);
  expect(dependsOnLimits(choosing("topology-key", "kubernetes.io/hostname"), settings)).toBe(false);
  expect(dependsOnLimits(choosing("topology-key", "topology.kubernetes.io/zone"), settings)).toBe(true);
});

test("a choice that was changed while the run was held counts as the default, and people are told", () => {
  const { run, warnings } = withAllowedChoices(
    choosing("isolation-topology-key", "kubernetes.io/os"),
    settings,
    undefined,
  );
  expect(run.metadata!.annotations).toMatchObject({
    [`${KEY_PREFIX}isolation-topology-key`]: "kubernetes.io/hostname",
  });
  expect(warnings).toMatchObject([{ reason: "ChoiceNotAllowed" }]);
  expect(warnings[0]!.message).toContain("kubernetes.io/os");
});
