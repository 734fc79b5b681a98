import { describe, expect, test } from "@jest/globals";
import { BUILT_IN_CHOICES, choiceProblems, choicesOf } from "./choices";

const PREFIX = "pod-affinity.tekton.dev/";

describe("annotations", () => {
  test.each([
    ["isolation", "preferred"],
    ["isolation-scope", "namespace"],
    ["topology-key", "topology.kubernetes.io/zone"],
    ["isolation-topology-key", "rack"],
    ["reservation", "none"],
    ["requests", "cpu=4,memory=8Gi"],
    ["requests", " nvidia.com/gpu = 1 "],
    ["placement-timeout", "none"],
    ["placement-timeout", "10m"],
    ["placement-timeout", "1h30m"],
    ["placement-timeout", "1.5h"],
    ["on-timeout", "run-anyway"],
    ["on-timeout", "cancel"],
  ])("%s: %s is allowed", (name, value) => {
    expect(choiceProblems({ [PREFIX + name]: value }, [])).toEqual([]);
    expect(choicesOf({ [PREFIX + name]: value })).toEqual({ ...BUILT_IN_CHOICES, [name]: value });
  });

  test.each([
    ["isolation", "Required", "required, preferred, none"],
    ["isolation", "", "required, preferred, none"],
    ["isolation-scope", "planet", "cluster, namespace"],
    ["topology-key", "a b", "node label"],
    ["topology-key", "-x", "node label"],
    ["isolation-topology-key", "x".repeat(64), "node label"],
    ["reservation", "all", "peak, none"],
    ["requests", "", "computed, or amounts"],
    ["requests", "lots", "computed, or amounts"],
    ["requests", "cpu=-1", "cpu=4,memory=8Gi"],
    ["requests", "cpu=1,cpu=2", "cpu=4,memory=8Gi"],
    ["placement-timeout", "", "none, or a duration"],
    ["placement-timeout", "10", "none, or a duration"],
    ["placement-timeout", "10 m", "none, or a duration"],
    ["placement-timeout", "0", "from 1s to 8760h"],
    ["placement-timeout", "-5m", "from 1s to 8760h"],
    ["placement-timeout", "1ms", "from 1s to 8760h"],
    ["placement-timeout", "8761h", "from 1s to 8760h"],
    ["placement-timeout", `${"9".repeat(400)}h`, "from 1s to 8760h"],
    ["on-timeout", "retry", "wait, run-anyway, cancel"],
    ["colour", "red", `${PREFIX}isolation`],
    ["toString", "x", `${PREFIX}isolation`],
    ["constructor", "x", `${PREFIX}isolation`],
    ["__proto__", "x", `${PREFIX}isolation`],
  ])("%s: %j is refused with key, value and what is allowed", (name, value, allowed) => {
    const [problem] = choiceProblems({ [PREFIX + name]: value }, []);
    expect(problem).toContain(PREFIX + name);
    expect(problem).toContain(JSON.stringify(value));
    expect(problem).toContain(allowed);
    expect(choicesOf({ [PREFIX + name]: value })).toEqual(BUILT_IN_CHOICES);
  });

  test("unless a run says otherwise, it waits for an hour, and ends then", () => {
    expect(BUILT_IN_CHOICES).toMatchObject({ "placement-timeout": "1h", "on-timeout": "cancel" });
  });

  test("unless a run says otherwise, room for its computed peak is kept", () => {
    expect(BUILT_IN_CHOICES).toMatchObject({ reservation: "peak", requests: "computed" });
  });

  // Kubernetes allows a prefix of 253 characters; a longer one makes it refuse the StatefulSet for ever.
  test("a label key with too long a prefix is refused", () => {
    expect(choiceProblems({ [`${PREFIX}topology-key`]: `${"x".repeat(254)}/zone` }, [])).toHaveLength(1);
  });

  test("of others are not looked at", () => {
    expect(choiceProblems({ "example.com/isolation": "maybe" }, [])).toEqual([]);
  });
});
