import { describe, expect, test } from "@jest/globals";
import { defaultPriorityIn, patient, patientClass, priorityIn, type Priority } from "./priority";

const never = { PLACEHOLDER_PREEMPTION: "never", PLACEHOLDER_TEMPLATE: "{}" } as const;
const known = (name: string | undefined, priority: Priority) => new Map([[name, priority]]);
const aClass = (name: string, value: number, more: object = {}) => ({ metadata: { name }, value, ...more });

describe("a placeholder that is to evict nobody", () => {
  test.each([
    { of: undefined, value: 0, name: "pipelinerun-pod-affinity-0" },
    { of: undefined, value: 7, name: "pipelinerun-pod-affinity-7" },
    { of: "high", value: 1000, name: "pipelinerun-pod-affinity-1000" },
    { of: "balloon", value: -10, name: "pipelinerun-pod-affinity-minus-10" },
    // A class of so much is Kubernetes' own, and no other may have it.
    { of: "system-node-critical", value: 2_000_001_000, name: "pipelinerun-pod-affinity-1000000000" },
  ])("of class $of, $value, has the class $name", ({ of, value, name }) => {
    const template = of === undefined ? {} : { priorityClassName: of };
    const { template: made, priorityClass } = patient(
      template,
      known(of, { value, isPatient: false }),
      never,
    );
    expect(made.priorityClassName).toBe(name);
    expect(priorityClass).toMatchObject({
      metadata: { name },
      value: Math.min(value, 1e9),
      preemptionPolicy: "Never",
      globalDefault: false,
    });
  });

  test("keeps a class that evicts nobody already", () => {
    const template = { priorityClassName: "calm" };
    expect(patient(template, known("calm", { value: 5, isPatient: true }), never)).toEqual({ template });
  });

  test("of a class that nobody has read is of priority 0", () => {
    expect(patient({ priorityClassName: "gone" }, new Map(), never).priorityClass?.value).toBe(0);
  });
});

test("where the settings allow it, a placeholder has the class of its run", () => {
  const template = { priorityClassName: "high" };
  const settings = { ...never, PLACEHOLDER_PREEMPTION: "as-run" } as const;
  const { template: made, priorityClass } = patient(template, new Map(), settings);
  expect({ made, priorityClass }).toEqual({ made: template, priorityClass: undefined });
});

test.each([
  { name: "no default", classes: [aClass("a", 5)], expected: 0 },
  { name: "one", classes: [aClass("a", 5), aClass("b", 3, { globalDefault: true })], expected: 3 },
  {
    name: "two, for a moment",
    classes: [aClass("a", 5, { globalDefault: true }), aClass("b", -3, { globalDefault: true })],
    expected: -3,
  },
])("pods without a class, of $name: $expected", ({ classes, expected }) => {
  expect(defaultPriorityIn(classes).value).toBe(expected);
});

test("its own class is read back as one that evicts nobody", () => {
  expect(priorityIn(patientClass(4))).toEqual({ value: 4, isPatient: true });
});

test("the class that an administrator names for all placeholders comes first", () => {
  const settings = { ...never, PLACEHOLDER_TEMPLATE: JSON.stringify({ priorityClassName: "builds" }) };
  expect(patient({ priorityClassName: "high" }, new Map(), settings)).toEqual({
    template: { priorityClassName: "builds" },
  });
});
