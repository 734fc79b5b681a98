import { expect, test } from "@jest/globals";
import { V1MicroTime, type CoreV1Event } from "@kubernetes/client-node";
import { toldEvent } from "./told-event";

const about = { kind: "Pod", name: "p" };
const [first, last] = [new Date("2026-01-01T00:00:00Z"), new Date("2026-01-01T00:01:00Z")];

test.each<[string, Partial<CoreV1Event>, object]>([
  [
    "of an older client",
    { firstTimestamp: first, lastTimestamp: last, count: 3, source: { component: "kubelet" } },
    { first, last, count: 3, from: "kubelet" },
  ],
  [
    "a series of events.k8s.io",
    {
      eventTime: new V1MicroTime(first),
      series: { count: 7, lastObservedTime: new V1MicroTime(last) },
      reportingComponent: "default-scheduler",
    },
    { first, last, count: 7, from: "default-scheduler" },
  ],
  ["of events.k8s.io, said once", { eventTime: new V1MicroTime(first) }, { first, last: first, count: 1 }],
])("an Event %s", (_, event, told) => {
  expect(toldEvent({ metadata: {}, involvedObject: about, ...event })).toMatchObject({
    ...told,
    about: "Pod",
  });
});
