/**
 * Whether a task's `when` lets it run, as far as that is known in advance.
 * Sources: Tekton's pkg/apis/pipeline/v1/when_types.go and EvaluateCEL in pipelinerunresolution.go.
 */
import { evaluateCel } from "./cel";
import { inText, itemsOf, wholeValue, type Values } from "./params";
import type { WhenExpression } from "./pipeline-spec";
import { objectsOf, textOf, textsOf } from "./untrusted";

const WHOLE_ARRAY = /^\$\(params\.[^()$]+\[\*\]\)$/;
/** Whether a text stays as it is. */
type IsKnown = (text: string) => boolean;
const isWithoutReference: IsKnown = text => !text.includes("$(");
/** Where a task that does not run was to give one of the results, Tekton puts in none: the text is compared as it is. */
const isWithoutOtherReference: IsKnown = text => !/\$\((?!tasks\.[^()$]+\.results\.)/.test(text);

/** Known texts among what an expression's input is looked for in, and whether there are others. */
function known(
  values: readonly string[],
  all: Values,
  isKnown: IsKnown,
): { texts: Set<string>; isComplete: boolean } {
  const texts = new Set<string>();
  let isComplete = true;
  for (const value of values) {
    const items = WHOLE_ARRAY.test(value) ? itemsOf(value, all) : [inText(value, all)];
    for (const item of items ?? ["$("]) {
      if (isKnown(item)) texts.add(item);
      else isComplete = false;
    }
  }
  return { texts, isComplete };
}

/** A whole array is compared as the JSON that Go writes, which escapes these. */
function inputOf(input: string, values: Values): string {
  const whole = WHOLE_ARRAY.test(input) ? wholeValue(input, values) : undefined;
  if (!Array.isArray(whole)) return inText(input, values);
  const items = itemsOf(whole, values);
  const json = items === undefined ? "$(" : JSON.stringify(items);
  return /[<>&\u2028\u2029]/.test(json) ? "$(" : json;
}

function isTrue(
  { input, operator, values, cel }: WhenExpression,
  all: Values,
  isKnown: IsKnown,
): boolean | undefined {
  const condition = textOf(cel);
  if (condition !== undefined) {
    const text = inText(condition, all);
    return isKnown(text) ? evaluateCel(text) : undefined;
  }
  const found = inputOf(textOf(input) ?? "", all);
  if (!isKnown(found)) return undefined;
  const { texts, isComplete } = known(textsOf(values), all, isKnown);
  const isAmong = texts.has(found);
  if (!isAmong && !isComplete) return undefined;
  return operator === "in" ? isAmong : !isAmong;
}

/**
 * @param isWithoutResults whether a task whose results it may use does not run
 * @returns false when the task will not run, undefined when that is not known
 */
export function allows(
  when: readonly WhenExpression[] | undefined,
  values: Values,
  isWithoutResults = false,
): boolean | undefined {
  const isKnown = isWithoutResults ? isWithoutOtherReference : isWithoutReference;
  let result: boolean | undefined = true;
  for (const expression of objectsOf(when)) {
    const outcome = isTrue(expression, values, isKnown);
    if (outcome === false) return false;
    if (outcome === undefined) result = undefined;
  }
  return result;
}
