/**
 * Takes out of a recording what differs from one time to the next, and what is not compared: times, resource
 * versions, UIDs (their owner's name comes in their place), the names of claims (their workspace's), nodes,
 * and what is inside a step: command, arguments, environment, and mounts and volumes of Tekton's own.
 */
import { claimName } from "../names";
import type { Json, WorkspaceBinding } from "../types";
import type { Moment, Recording, Resource } from "./recording";

const left = ["creationTimestamp", "resourceVersion", "generation", "managedFields", "uid", "selfLink"];
const insideSteps = ["command", "args", "env"];
const internal = ["tekton-internal-", "kube-api-access-"];

type Named = { name: string } & Json;
const isInternal = ({ name }: Named): boolean => internal.some(prefix => name.startsWith(prefix));

function container(item: Named): Json {
  const fields = Object.entries(item).filter(([key]) => !insideSteps.includes(key));
  const mounts = (item["volumeMounts"] ?? []) as Named[];
  return { ...Object.fromEntries(fields), volumeMounts: mounts.filter(mount => !isInternal(mount)) };
}

function podSpec(spec: Json): Json {
  const list = (field: string): Named[] => (spec[field] ?? []) as Named[];
  return {
    ...spec,
    containers: list("containers").map(container),
    initContainers: list("initContainers").map(container),
    volumes: list("volumes").filter(volume => !isInternal(volume)),
  };
}

function withoutLeftOuts(object: Resource): Resource {
  const metadata = Object.fromEntries(
    Object.entries(object.metadata ?? {}).filter(([key]) => !left.includes(key)),
  );
  const spec = object.kind === "Pod" ? podSpec(object.spec!) : object.spec;
  return { ...object, metadata, ...(spec ? { spec } : {}) };
}

/** UIDs to the objects they stand for, and names of claims to the workspaces they were made for. */
function namesOf(recording: Recording): Map<string, string> {
  const names = new Map<string, string>();
  for (const [key, { metadata, kind, spec }] of Object.entries(recording.objectsAsCreated)) {
    names.set(metadata!.uid!, `UID of ${key}`);
    if (kind !== "PipelineRun") continue;
    for (const { name } of (spec?.["workspaces"] ?? []) as WorkspaceBinding[]) {
      names.set(claimName(undefined, name, metadata!.uid!), `claim-for-${name}`);
    }
  }
  return names;
}

function renamed<T>(node: T, names: Map<string, string>): T {
  if (typeof node === "string") return (names.get(node) ?? node) as T;
  if (Array.isArray(node)) return node.map((item: unknown) => renamed(item, names)) as T;
  if (typeof node !== "object" || node === null) return node;
  return Object.fromEntries(
    Object.entries(node).map(([key, item]) => [key, renamed<unknown>(item, names)]),
  ) as T;
}

function renamedKey(key: string, names: Map<string, string>): string {
  const [kind, name] = key.split("/") as [string, string];
  return `${kind}/${names.get(name) ?? name}`;
}

export function normalise(recording: Recording): Recording {
  const names = namesOf(recording);
  const objects = Object.entries(recording.objectsAsCreated).map(([key, object]): [string, Resource] => [
    renamedKey(key, names),
    renamed(withoutLeftOuts(object), names),
  ]);
  const timeline = recording.timeline.map(
    ({ node: _node, ...moment }): Moment => ({
      ...moment,
      object: renamedKey(moment.object, names),
    }),
  );
  return { objectsAsCreated: Object.fromEntries(objects), timeline };
}
