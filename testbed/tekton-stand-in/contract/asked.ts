/**
 * What is compared of objects that no API server has seen: what was asked for, without what the API server adds by
 * itself. Both sides come into this form, so that what it says of them in other words is the same.
 */
import { isDeepStrictEqual } from "node:util";
import type { V1Pod, V1ResourceRequirements } from "@kubernetes/client-node";
import { parseResources, type Resources } from "../../../capabilities/demand/resources";
import { annotation } from "../keys";
import type { Json } from "../types";
import { isEnd } from "./order";
import type { Moment, Recording, Resource } from "./recording";

/** Fields whose value of this kind says nothing; undefined: whatever the value. */
type Unsaid = Record<string, unknown>;

const anything = Symbol("anything");
const unsaidOfPods: Unsaid = {
  dnsPolicy: "ClusterFirst",
  enableServiceLinks: true,
  schedulerName: "default-scheduler",
  securityContext: {},
  terminationGracePeriodSeconds: 30,
  nodeSelector: {},
  hostNetwork: false,
  // Of the service account, of the priority class.
  serviceAccount: anything,
  priority: anything,
  preemptionPolicy: anything,
};
const unsaidOfContainers: Unsaid = {
  imagePullPolicy: anything,
  terminationMessagePath: anything,
  terminationMessagePolicy: anything,
};
const unsaidOfClaims: Unsaid = { volumeMode: "Filesystem", storageClassName: anything };
/** Tolerations that every pod gets. */
const everyones = ["node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable"];
/** Images of Tekton's own containers have other names here. */
const own = ["prepare", "place-scripts", "working-dir-initializer"];

function said(object: object, unsaid: Unsaid): Json {
  const isSaid = ([field, value]: [string, unknown]): boolean =>
    value !== undefined &&
    !(field in unsaid && (unsaid[field] === anything || isDeepStrictEqual(unsaid[field], value)));
  return Object.fromEntries(Object.entries(object).filter(isSaid));
}

/** What is limited only is asked for as well. */
function resources({ requests, limits }: V1ResourceRequirements): Record<string, Resources> {
  return { requests: parseResources({ ...limits, ...requests }), limits: parseResources(limits) };
}

type Container = NonNullable<V1Pod["spec"]>["containers"][number];
const container = (item: Container): Json => ({
  ...said(item, unsaidOfContainers),
  image: own.includes(item.name) ? "Tekton's" : item.image,
  resources: resources(item.resources ?? {}),
});

const withoutMode = (value: unknown): unknown =>
  JSON.parse(JSON.stringify(value), (key, inner: unknown) =>
    key === "defaultMode" && inner === 420 ? undefined : inner,
  );

function pod(object: Resource): Resource {
  const { metadata, spec } = object as unknown as V1Pod;
  // Whether a pod is ready at once depends on a flag of Tekton's, which was another when these were recorded.
  const { [annotation.ready]: _ready, ...annotations } = metadata!.annotations ?? {};
  return {
    kind: "Pod",
    metadata: { ...metadata!, annotations },
    spec: {
      ...said(spec!, unsaidOfPods),
      containers: spec!.containers.map(container),
      initContainers: (spec!.initContainers ?? []).map(container),
      volumes: withoutMode(spec!.volumes),
      tolerations: (spec!.tolerations ?? []).filter(({ key }) => !everyones.includes(key ?? "")),
    },
  };
}

function withoutEmpty(metadata: NonNullable<Resource["metadata"]>): NonNullable<Resource["metadata"]> {
  return said(metadata, { labels: {}, annotations: {} });
}

function asked(object: Resource): Resource {
  const { kind, metadata = {}, spec = {} } = object.kind === "Pod" ? pod(object) : object;
  if (kind !== "PersistentVolumeClaim")
    return { kind, metadata: withoutEmpty(metadata), spec: withAmounts(spec) };
  const { finalizers: _finalizers, annotations: _annotations, ...rest } = metadata;
  return { kind, metadata: withoutEmpty(rest), spec: said(spec, unsaidOfClaims) };
}

/** Tekton writes quantities its own way: a number in the input as a text, 0.5Gi as 512Mi. */
const withAmounts = (spec: Json): Json =>
  JSON.parse(JSON.stringify(spec), (key, value: unknown) => {
    if (key !== "computeResources") return value;
    const { requests, limits } = value as V1ResourceRequirements;
    return { requests: parseResources(requests), limits: parseResources(limits) };
  }) as Json;

const isMade = ({ kind, metadata }: Resource): boolean =>
  kind === "Pod" ||
  kind.endsWith("Run") ||
  (kind === "PersistentVolumeClaim" && Boolean(metadata?.ownerReferences));

/** Kind/name to what the object ended as. */
function endsOf(timeline: Moment[]): Record<string, Json> {
  const ends: Record<string, Json> = {};
  for (const moment of timeline) {
    const { object, event, specStatus, succeeded, reason, phase } = moment;
    ends[object] =
      event === "DELETED"
        ? { event }
        : { isOver: isEnd(moment), ...(phase ? { phase } : { succeeded, reason, specStatus }) };
  }
  return ends;
}

/** Kind/name to what was asked for, and what came of it. The recording must be normalised. */
export function askedAndEnds({ objectsAsCreated, timeline }: Recording): {
  asked: Record<string, Resource>;
  ends: Record<string, Json>;
} {
  const made = Object.entries(objectsAsCreated).filter(([, object]) => isMade(object));
  return {
    asked: Object.fromEntries(made.map(([key, object]) => [key, asked(object)])),
    ends: endsOf(timeline.filter(({ object }) => /^(Pod|\w+Run)\//.test(object))),
  };
}
