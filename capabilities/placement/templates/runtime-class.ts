/**
 * What a RuntimeClass makes of the pods that name it: setScheduling in Kubernetes'
 * plugin/pkg/admission/runtimeclass/admission.go.
 */
import type { V1RuntimeClass, V1Toleration } from "@kubernetes/client-node";
import { countedResources, maximum, NOTHING, sum, type Resources } from "../../demand/resources";
import type { TaskGraph } from "../../demand/task-graph";
import { isObject, objectOf, objectsOf } from "../../demand/untrusted";
import type { FullTemplate, PodKind } from "./effective";
import type { Readable } from "./refused";

/** By name; undefined for one that does not exist. One that has not been looked for is not in it. */
export type RuntimeClasses = ReadonlyMap<string, V1RuntimeClass | undefined>;

/** Its node selector is added, and one that differs refuses the pod; its tolerations are added. */
export function withRuntimeClass({ template, leftOut }: Readable, classes: RuntimeClasses): Readable {
  const name = template.runtimeClassName;
  if (name !== undefined && classes.has(name) && classes.get(name) === undefined) {
    const missing = { what: `runtimeClassName ${name}, which does not exist`, why: "refused" as const };
    return { template, leftOut: [...leftOut, missing] };
  }
  const scheduling = name === undefined ? undefined : objectOf(classes.get(name)?.scheduling);
  if (scheduling === undefined) return { template, leftOut };
  const own = template.nodeSelector ?? {};
  const added = isObject(scheduling.nodeSelector) ? Object.entries(scheduling.nodeSelector) : [];
  const clashes = added.filter(([key, value]) => Object.hasOwn(own, key) && own[key] !== value);
  const tolerations: V1Toleration[] = objectsOf(scheduling.tolerations);
  return {
    template: {
      ...template,
      nodeSelector: { ...Object.fromEntries(added), ...own },
      tolerations: [...(template.tolerations ?? []), ...tolerations],
    },
    leftOut: [
      ...leftOut,
      ...clashes.map(([key, value]) => ({
        what: `nodeSelector ${key}=${own[key]} beside ${key}=${value} of RuntimeClass ${name}`,
        why: "refused" as const,
      })),
    ],
  };
}

/** The class that all pods have, if there is one: the placeholder can have it as well. */
export function commonRuntimeClass(templates: readonly FullTemplate[]): string | undefined {
  const names = new Set(templates.map(({ runtimeClassName }) => runtimeClassName));
  return names.size === 1 ? [...names][0] : undefined;
}

/** Classes of some pods only, of which nobody has looked what nodes they demand. */
export function unreadClasses(templates: readonly FullTemplate[], classes: RuntimeClasses): string[] {
  if (commonRuntimeClass(templates) !== undefined) return [];
  const names = templates.flatMap(({ runtimeClassName }) => runtimeClassName ?? []);
  return [...new Set(names)].filter(name => !classes.has(name));
}

/** @throws InvalidQuantity */
export const overheadOf = (name: string | undefined, classes: RuntimeClasses): Resources =>
  name === undefined ? NOTHING : countedResources(objectOf(classes.get(name)?.overhead)?.podFixed);

/** What a pod asks for on top of its containers; where a task's pods differ, the most. */
export class Overheads {
  private readonly byTask = new Map<string | undefined, Resources>();

  /** @throws InvalidQuantity */
  constructor(kinds: readonly PodKind[], classes: RuntimeClasses) {
    for (const { template, tasks } of kinds) {
      const overhead = overheadOf(template.runtimeClassName, classes);
      for (const { name } of tasks)
        this.byTask.set(name, maximum(this.byTask.get(name) ?? NOTHING, overhead));
    }
  }

  /** @param task with its path; one that is not known asks for what any may */
  of(task: string): Resources {
    return this.byTask.get(task) ?? maximum(...this.byTask.values());
  }
}

/** @param graph reckoned without any overhead */
export function withOverheads(graph: TaskGraph, overheads: Overheads): TaskGraph {
  const tasks = graph.tasks.map(task =>
    task.count === 0 ? task : { ...task, each: sum(task.each, overheads.of(task.name)) },
  );
  return { ...graph, tasks };
}
