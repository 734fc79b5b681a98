/** What a placeholder asks for, and what it keeps room for: read from its objects and written for them. */
import type {
  V1Container,
  V1Pod,
  V1PodSpec,
  V1ResourceRequirements,
  V1StatefulSet,
} from "@kubernetes/client-node";
import { countedResources, toQuantities, type Resources } from "../demand/resources";
import { PLACEHOLDER_COMPONENT, RESERVATION_ANNOTATION } from "../keys";
import { ROOM_TO_LIMIT } from "./namespace-bounds";
import { parseReservation, resizable, type Reservation } from "./reservation";

const reservations = new WeakMap<V1StatefulSet, Reservation>();

/** A placeholder of before there were reservations keeps what it asks for. */
export function reservationOf(statefulSet: V1StatefulSet): Reservation {
  const known = reservations.get(statefulSet);
  if (known !== undefined) return known;
  const reservation = readReservation(statefulSet);
  reservations.set(statefulSet, reservation);
  return reservation;
}

function readReservation(statefulSet: V1StatefulSet): Reservation {
  const asked = requestedBy(statefulSet.spec!.template.spec!);
  return (
    parseReservation(statefulSet.metadata?.annotations?.[RESERVATION_ANNOTATION]) ?? {
      ask: asked,
      floor: asked,
      firstWave: {},
      tasks: [],
    }
  );
}

/** The placeholder's own container, by its name: a mesh or a policy may put others before it. */
export function ownContainer(spec: V1PodSpec | undefined): V1Container | undefined {
  return spec?.containers.find(({ name }) => name === PLACEHOLDER_COMPONENT);
}

/** Where it stands in the list, for a JSON Patch; -1 when it is not there. */
export function ownContainerIndex(spec: V1PodSpec | undefined): number {
  return spec?.containers.findIndex(({ name }) => name === PLACEHOLDER_COMPONENT) ?? -1;
}

/** What the placeholder's own container asks for. */
export function requestedBy(spec: V1PodSpec): Resources {
  return countedResources(ownContainer(spec)?.resources?.requests);
}

/** Of cpu: devices have limits in any case, see resourcesFor. */
export const hasLimits = (statefulSet: V1StatefulSet): boolean =>
  ownContainer(statefulSet.spec?.template.spec)?.resources?.limits?.["cpu"] !== undefined;

/**
 * @param limits whether the namespace asks for limits; they lie a little above the requests, so that the QoS class,
 * which may not change, stays what it is
 */
export function resourcesFor(requests: Resources, limits: boolean): V1ResourceRequirements {
  const limited = Object.entries(requests).flatMap(([name, amount]): [string, number][] => {
    // Kubernetes asks that devices and huge pages have a limit, equal to the request.
    if (!Object.hasOwn(ROOM_TO_LIMIT, name)) return [[name, amount]];
    // No request and no limit: a quota of limits has nothing to count.
    return limits ? [[name, amount === 0 ? 0 : amount + ROOM_TO_LIMIT[name]!]] : [];
  });
  return {
    requests: toQuantities(requests),
    ...(limited.length > 0 && { limits: toQuantities(Object.fromEntries(limited)) }),
  };
}

/** Of the pod, once its cpu and memory are `size`; all else may not change. */
export function resizedResources(pod: V1Pod, size: Resources, limits: boolean): V1ResourceRequirements {
  const { requests = {}, limits: had = {} } = ownContainer(pod.spec)?.resources ?? {};
  const sized = resourcesFor(resizable(size), limits);
  const all = { ...had, ...sized.limits };
  return {
    requests: { ...requests, ...sized.requests },
    ...(Object.keys(all).length > 0 && { limits: all }),
  };
}
