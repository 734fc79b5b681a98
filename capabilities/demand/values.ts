/** Values of a pipeline's parameters. Source: Tekton's pkg/reconciler/pipelinerun/resources/apply.go, ApplyParameters. */
import { Allowance } from "./allowance";
import { DEEPEST } from "./limits";
import { inText, parametersIn, type Values } from "./params";
import type { Param, ParamSpec, ParamValue } from "./pipeline-spec";
import { entriesOf, objectsOf, textOf, writtenOf } from "./untrusted";

/** Defaults may refer to other parameters, each of which is looked at once. */
class Defaults {
  private readonly waiting = new Map<string, ParamValue>();

  constructor(
    private readonly byName: Map<string, ParamValue>,
    private readonly values: Values,
  ) {}

  add(name: string, value: ParamValue): void {
    if (!this.byName.has(name)) this.waiting.set(name, value);
  }

  /** Strings first, as those in arrays and objects refer to strings only. */
  settle(): void {
    for (const [name, value] of this.waiting) if (typeof value === "string") this.settleText(name, 0);
    for (const [name, value] of this.waiting) this.byName.set(name, this.inItems(value));
  }

  /** Of those that refer to each other in a circle, or too deep, Tekton makes nothing: the text stays. */
  private settleText(name: string, depth: number): void {
    const text = this.waiting.get(name);
    if (typeof text !== "string") return;
    this.waiting.delete(name);
    if (depth < DEEPEST) for (const other of parametersIn(text)) this.settleText(other, depth + 1);
    this.byName.set(name, inText(text, this.values));
  }

  private inItems(value: ParamValue): ParamValue {
    if (Array.isArray(value)) return value.map(item => inText(writtenOf(item), this.values));
    return Object.fromEntries(
      entriesOf(value as Record<string, string>).map(([key, item]) => [
        key,
        inText(writtenOf(item), this.values),
      ]),
    );
  }
}

/** The value that is given, else the default. An object that is given in part is not completed from its default. */
export function valuesOf(
  declared: ParamSpec[] | undefined,
  given: Param[] | undefined,
  allowance = new Allowance(),
  others?: ReadonlyMap<string, string>,
): Values & { byName: ReadonlyMap<string, ParamValue> } {
  const byName = new Map<string, ParamValue>();
  for (const { name, value } of objectsOf(given)) {
    if (textOf(name) && value !== undefined) byName.set(name!, value);
  }
  const values = { byName, allowance, ...(others && { others }) };
  const defaults = new Defaults(byName, values);
  for (const { name, default: value } of objectsOf(declared)) {
    if (textOf(name) && value !== undefined) defaults.add(name!, value);
  }
  defaults.settle();
  return values;
}
