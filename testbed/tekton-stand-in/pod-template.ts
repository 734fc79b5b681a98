/** How the pod template of one task is laid over that of the whole run. */
import type { Json } from "./types";

const byName = ["env", "volumes"];

type Named = { name?: string } & Json;

function mergedByName(base: Named[] | undefined, over: Named[] | undefined): Named[] | undefined {
  if (!over?.length) return base;
  const names = new Set(over.map(item => item.name));
  return [...over, ...(base ?? []).filter(item => !names.has(item.name))];
}

/**
 * The template of the task where it says something, else that of the run. A field counts whole: a task's
 * affinity replaces the run's. Only env and volumes are united, by name.
 */
export function mergePodTemplates(task: Json | undefined, run: Json | undefined): Json | undefined {
  if (!task || !run) return task ?? run;
  const merged = { ...run, ...task };
  for (const field of byName) {
    const list = mergedByName(run[field] as Named[] | undefined, task[field] as Named[] | undefined);
    if (list) merged[field] = list;
  }
  return merged;
}
