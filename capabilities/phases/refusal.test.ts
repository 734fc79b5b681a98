import { describe, expect, test } from "@jest/globals";
import { KEY_PREFIX } from "../keys";
import { aRun, observed, placeholderOf, withPlaceholder } from "../testing/builders";
import { stepFor } from "../testing/decide";
import type { Observed } from "./observed";
import { isAboutMissingPod, lacksItsPod, refusalReason } from "./refusal";

const CREATED = new Date("2026-01-01T00:00:00Z");
const at = (seconds: number) => new Date(CREATED.getTime() + seconds * 1000);
const step = (seen: Observed, seconds: number) => stepFor(seen, at(seconds));

const QUOTA =
  'pods "custom-pod-affinity-0" is forbidden: exceeded quota: builds, requested: pods=1, used: pods=4, limited: pods=4';
const ENDING =
  'statefulsets.apps "x" is forbidden: unable to create new content in namespace ci because it is being terminated';

test.each([
  ["quota", QUOTA],
  ["quota", 'pods "x" is forbidden: failed quota: builds: must specify limits.cpu for: placeholder'],
  ["limit_range", 'pods "x" is forbidden: minimum cpu usage per Container is 1, but request is 10m'],
  ["limit_range", 'pods "x" is forbidden: maximum memory usage per Pod is 1Gi, but limit is 2Gi'],
  [
    "limit_range",
    'pods "x" is forbidden: cpu max limit to request ratio per Container is 2, but provided ratio is 4',
  ],
  ["pod_security", 'pods "x" is forbidden: violates PodSecurity "restricted:latest": privileged'],
  ["admission_policy", "ValidatingAdmissionPolicy 'names' with binding 'all' denied request: no"],
  ["admission_webhook", 'admission webhook "policy.example.com" denied the request: no'],
  ["admission_webhook", 'Internal error occurred: failed calling webhook "policy.example.com": refused'],
  [
    "service_account",
    'pods "x" is forbidden: error looking up service account ci/builder: serviceaccount "builder" not found',
  ],
  ["quota", 'pods "x" is forbidden: insufficient quota to match these scopes: [{PriorityClass In [high]}]'],
  ["class", 'pods "x" is forbidden: no PriorityClass with name urgent was found'],
  ["class", 'pods "x" is forbidden: pod rejected: RuntimeClass "gvisor" not found'],
  ["volume", '0/3 nodes are available: persistentvolumeclaim "data" not found. preemption is not helpful'],
  ["volume", "0/3 nodes are available: pod has unbound immediate PersistentVolumeClaims. preemption: none"],
  ["volume", 'running PreFilter plugin "VolumeBinding": storageclass.storage.k8s.io "fast" not found'],
  ["permission", 'statefulsets.apps is forbidden: User "x" cannot create resource "statefulsets"'],
  ["other", 'StatefulSet.apps "x" is invalid: spec.template.spec.tolerations[0].operator: Invalid value'],
])("%s: %s", (reason, message) => {
  expect(refusalReason(message)).toBe(reason);
});

const held = () => aRun().held().created(CREATED).annotation(`${KEY_PREFIX}placement-timeout`, "none");
const withoutPod = (podRefusal: string | undefined, madeAt = 0): Observed => {
  const { run } = held();
  const statefulSet = placeholderOf(run);
  statefulSet.metadata!.creationTimestamp = at(madeAt);
  return observed(run, { statefulSet, ...(podRefusal !== undefined && { podRefusal }) });
};

describe("a StatefulSet that is refused", () => {
  const refused = (message = QUOTA) => observed(held().run, { refusal: message });

  test("is told on the run, with the reason and what to do", () => {
    const { kind, warnings } = step(refused(), 1);
    expect(kind).toBe("wait");
    expect(warnings).toHaveLength(1);
    expect(warnings![0]).toMatchObject({ reason: "PlaceholderRefused", about: "StatefulSet quota" });
    for (const word of ["StatefulSet", "used: pods=4", "Raise the quota"])
      expect(warnings![0]!.message).toContain(word);
  });

  test("is tried again after pauses that grow, up to a bound, and never at once", () => {
    const pauses = [0, 4, 20, 60, 600, 86_400].map(seconds => step(refused(), seconds).lookAgainSeconds);
    expect(pauses).toEqual([4, 4, 10, 30, 60, 60]);
  });

  test("in a namespace that is being deleted is no news", () => {
    expect(step(refused(ENDING), 1)).toMatchObject({ kind: "wait", lookAgainSeconds: 4 });
    expect(step(refused(ENDING), 1).warnings ?? []).toEqual([]);
  });

  test("ends at the placement-timeout, which names it", () => {
    const run = held()
      .annotation(`${KEY_PREFIX}placement-timeout`, "1m")
      .annotation(`${KEY_PREFIX}on-timeout`, "cancel").run;
    // Past it, one more try finds out why.
    expect(step(observed(run), 61).kind).toBe("make-placeholder");
    const { kind, warnings } = step(observed(run, { refusal: QUOTA }), 61);
    expect(kind).toBe("cancel");
    expect(warnings!.at(-1)!.message).toContain("exceeded quota");
  });
});

describe("a StatefulSet whose pod is refused", () => {
  test("is told on the run", () => {
    const { kind, warnings } = step(withoutPod(QUOTA), 2);
    expect(kind).toBe("wait");
    expect(warnings).toMatchObject([{ reason: "PlaceholderRefused", about: "pod quota" }]);
  });

  test("is made anew, by what the namespace allows then, after pauses that grow up to a bound", () => {
    const wait = (madeAt: number) => step(withoutPod(QUOTA, madeAt), madeAt + 1).lookAgainSeconds;
    expect([0, 20, 60, 600].map(wait)).toEqual([3, 9, 29, 59]);
    expect(step(withoutPod(QUOTA, 20), 29).kind).toBe("wait");
    expect(step(withoutPod(QUOTA, 20), 30)).toMatchObject({ kind: "delete-placeholder" });
  });

  test("is not made anew where nothing is known of its pod: that is made in its controller's place", () => {
    expect(step(withoutPod(undefined), 1000)).toMatchObject({ kind: "make-pod", lookAgainSeconds: 60 });
  });

  test("of a run that is under way is told, and left to its controller: it asks for the floor already", () => {
    const { run } = aRun().placed().created(CREATED);
    const seen = { ...withoutPod(QUOTA), run };
    for (const seconds of [2, 4, 4000]) {
      expect(step(seen, seconds)).toMatchObject({
        kind: "wait",
        warnings: [{ reason: "PlaceholderRefused" }],
      });
    }
  });
});

test("its Events are read only when its pod should be there", () => {
  expect(lacksItsPod(withoutPod(undefined), at(0.5))).toBe(false);
  expect(lacksItsPod(withoutPod(undefined), at(1))).toBe(true);
  expect(lacksItsPod(withPlaceholder(held().run), at(1000))).toBe(false);
});

describe("an Event FailedCreate", () => {
  test.each([
    { name: "from an hour ago, when the pod went just now, is about an earlier one", at: 0, expected: false },
    { name: "from before the pod was seen to go is about an earlier one", at: 3598, expected: false },
    { name: "since it went is about the pod that is missing", at: 3600, expected: true },
    { name: "later is about the pod that is missing", at: 3700, expected: true },
  ])("$name", ({ at: seconds, expected }) => {
    const seen = { ...withoutPod(undefined), podMissingSince: at(3600.9) };
    expect(isAboutMissingPod(at(seconds), seen)).toBe(expected);
  });

  test("of before the StatefulSet was made is about an earlier one, however little is known of its pod", () => {
    expect(isAboutMissingPod(at(9), withoutPod(undefined, 10))).toBe(false);
    expect(isAboutMissingPod(at(10), withoutPod(undefined, 10))).toBe(true);
  });
});

test("a claim that is not there is told on the run, a full cluster is not", () => {
  const waiting = (message: string) => {
    const seen = withPlaceholder(held().run);
    seen.pods[0]!.status!.conditions = [{ type: "PodScheduled", status: "False", message }];
    return step(seen, 2).warnings;
  };
  expect(waiting('persistentvolumeclaim "data" not found')).toMatchObject([
    { reason: "PlaceholderRefused", about: "node volume" },
  ]);
  expect(waiting("0/3 nodes are available: 3 Insufficient cpu")).toEqual([]);
});
