/**
 * The order in which objects came and ended. Two orders are held against what happened here: the waves of
 * the recording, and the order that the pipeline's definition asks for.
 */
import type { PipelineSpec } from "../types";
import { label } from "../keys";
import type { Moment, Recording, Resource } from "./recording";

/** Ends that lie closer together than this are one wave: which of them came first is chance. */
const waveMilliseconds = 500;

export const isEnd = ({ object, phase, completed, event }: Moment): boolean =>
  object.startsWith("Pod/")
    ? phase === "Succeeded" || phase === "Failed" || event === "DELETED"
    : completed === true;

/** Position in the timeline at which each object came, and at which it ended. */
function positions(timeline: Moment[]): { came: Map<string, number>; ended: Map<string, number> } {
  const came = new Map<string, number>();
  const ended = new Map<string, number>();
  timeline.forEach((moment, index) => {
    if (!came.has(moment.object)) came.set(moment.object, index);
    if (isEnd(moment) && !ended.has(moment.object)) ended.set(moment.object, index);
  });
  return { came, ended };
}

/** Objects that had ended in the recording when `object` came: those of the last wave, and the earlier ones. */
function endedBefore({ timeline }: Recording, object: string): { last: string[]; earlier: string[] } {
  const { came, ended } = positions(timeline);
  const before = [...ended].filter(([, index]) => index < came.get(object)!);
  const latest = Math.max(...before.map(([, index]) => timeline[index]!.ms));
  const isLast = ([, index]: [string, number]): boolean => latest - timeline[index]!.ms <= waveMilliseconds;
  return {
    last: before.filter(isLast).map(([name]) => name),
    earlier: before.filter(entry => !isLast(entry)).map(([name]) => name),
  };
}

/** Where objects came earlier here than the waves of the recording allow. */
export function waveProblems(recorded: Recording, here: Recording): string[] {
  const { came, ended } = positions(here.timeline);
  return Object.keys(recorded.objectsAsCreated).flatMap(object => {
    const position = came.get(object);
    if (position === undefined) return []; // Its absence is told elsewhere.
    const isOver = (name: string): boolean => (ended.get(name) ?? Infinity) < position;
    const { last, earlier } = endedBefore(recorded, object);
    const late = earlier
      .filter(name => !isOver(name))
      .map(name => `${object}: came before ${name} had ended`);
    const isTooEarly = last.length > 0 && !last.some(isOver);
    return [...late, ...(isTooEarly ? [`${object}: came before any of ${last.join(", ")} had ended`] : [])];
  });
}

const taskOf = (object: Resource): string | undefined => object.metadata?.labels?.[label.pipelineTask];
const isChildOf = (object: Resource, run: Resource): boolean =>
  taskOf(object) !== undefined &&
  object.metadata?.ownerReferences?.[0]?.kind === run.kind &&
  object.metadata.ownerReferences[0].name === run.metadata?.name;

const resultReference = /\$\(tasks\.([^.)]+)\.results/g;

/** Names of the tasks that have to be over before a task may begin; read here anew, not by the stand-in's code. */
function prerequisites(spec: PipelineSpec, task: string): string[] {
  const own = spec.tasks?.find(item => item.name === task);
  if (!own) return (spec.tasks ?? []).map(item => item.name);
  const sources = [...JSON.stringify(own).matchAll(resultReference)].map(match => match[1]!);
  return [...(own.runAfter ?? []), ...sources];
}

function definitionProblems(run: Resource, spec: PipelineSpec, here: Recording): string[] {
  const { came, ended } = positions(here.timeline);
  const children = Object.entries(here.objectsAsCreated).filter(([, object]) => isChildOf(object, run));
  return children.flatMap(([name, object]) =>
    prerequisites(spec, taskOf(object)!).flatMap(task =>
      children
        .filter(
          ([other, parent]) => taskOf(parent) === task && (ended.get(other) ?? Infinity) > came.get(name)!,
        )
        .map(([other]) => `${name}: came before ${other}, which it depends on, had ended`),
    ),
  );
}

/**
 * Where objects came earlier than their pipeline's definition allows.
 *
 * @param pipelines specs of the Pipelines that runs refer to, by name
 */
export function definedOrderProblems(here: Recording, pipelines: Record<string, PipelineSpec>): string[] {
  const runs = Object.values(here.objectsAsCreated).filter(object => object.kind === "PipelineRun");
  return runs.flatMap(run => {
    const reference = run.spec?.["pipelineRef"] as { name: string } | undefined;
    const spec = reference ? pipelines[reference.name] : (run.spec?.["pipelineSpec"] as PipelineSpec);
    return spec
      ? definitionProblems(run, spec, here)
      : [`${run.metadata?.name}: its Pipeline is not among the inputs`];
  });
}
