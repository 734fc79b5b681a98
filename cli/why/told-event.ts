/** Events of the API server's, in either of the shapes that they come in, as one line each. */
import type { CoreV1Event } from "@kubernetes/client-node";

export interface ToldEvent {
  /** When it was first said. */
  first: Date;
  /** When it was last said. */
  last: Date;
  /** How often. */
  count: number;
  type: string;
  reason: string;
  message: string;
  /** Who says it. */
  from: string;
  /** What kind of object it is about. */
  about: string;
}

/** Older clients write firstTimestamp, lastTimestamp and count; those of events.k8s.io/v1 eventTime and series. */
export function toldEvent(event: CoreV1Event): ToldEvent {
  const { eventTime, firstTimestamp, lastTimestamp, series, metadata } = event;
  const first = new Date(firstTimestamp ?? eventTime ?? metadata.creationTimestamp ?? 0);
  return {
    first,
    last: new Date(series?.lastObservedTime ?? lastTimestamp ?? first),
    count: series?.count ?? event.count ?? 1,
    type: event.type ?? "Normal",
    reason: event.reason ?? "",
    message: (event.message ?? "").trim(),
    from: event.source?.component || event.reportingComponent || "",
    about: event.involvedObject.kind ?? "",
  };
}
