/**
 * Whether one label of a node can meet several demands at once. Meaning of the operators: Requirement.Matches in
 * Kubernetes' apimachinery/pkg/labels/selector.go, and scheduling/corev1/nodeaffinity of component-helpers.
 */

export interface LabelDemand {
  /** Of a label, or of a field of the node such as metadata.name. */
  key: string;
  isField: boolean;
  operator: string;
  values: ReadonlySet<string>;
  /** Where it stands, for people: `nodeSelector of build`. */
  origin: string;
}

/** What the scheduler takes for a number: the value of a label has no sign. */
const NUMBER = /^\d+$/;
const LARGEST = 2n ** 63n - 1n;

const numberOf = (text: string | undefined): bigint | undefined => {
  if (text === undefined || !NUMBER.test(text)) return undefined;
  const number = BigInt(text);
  return number <= LARGEST ? number : undefined;
};

/** Limits of Gt and Lt are whole numbers, and may have a sign. */
const LIMIT = /^[+-]?\d+$/;
export const isLimit = (text: string | undefined): boolean => text !== undefined && LIMIT.test(text);
/** The number that Gt and Lt compare with; undefined where there is none, which no node meets. */
function limitOf({ values }: LabelDemand): bigint | undefined {
  const [text] = values;
  return isLimit(text) ? BigInt(text!.replace(/^\+/, "")) : undefined;
}

/** Whether a label of that value, or no such label, meets the demand. */
export function isMet(demand: LabelDemand, value: string | undefined): boolean {
  const { operator, values } = demand;
  switch (operator) {
    case "In":
      return value !== undefined && values.has(value);
    // A node without the label meets it.
    case "NotIn":
      return value === undefined || !values.has(value);
    case "Exists":
      return value !== undefined;
    case "DoesNotExist":
      return value === undefined;
    case "Gt":
    case "Lt": {
      const [number, limit] = [numberOf(value), limitOf(demand)];
      if (number === undefined || limit === undefined) return false;
      return operator === "Gt" ? number > limit : number < limit;
    }
    default:
      return false;
  }
}

/** A number between all limits, if there is one. Numbers have many spellings, so NotIn rules none out. */
function hasNumberBetween(demands: readonly LabelDemand[]): boolean {
  let [least, most] = [0n, LARGEST];
  for (const demand of demands.filter(({ operator }) => operator === "Gt" || operator === "Lt")) {
    const limit = limitOf(demand);
    if (limit === undefined) return false;
    if (demand.operator === "Gt" && limit + 1n > least) least = limit + 1n;
    if (demand.operator === "Lt" && limit - 1n < most) most = limit - 1n;
  }
  return least <= most;
}

/** @param demands of one and the same key */
export function canBeMet(demands: readonly LabelDemand[]): boolean {
  if (!demands[0]?.isField && demands.every(demand => isMet(demand, undefined))) return true;
  if (demands.some(({ operator }) => operator === "DoesNotExist")) return false;
  const allowed = demands.find(({ operator }) => operator === "In");
  if (allowed) return [...allowed.values].some(value => demands.every(demand => isMet(demand, value)));
  // NotIn and Exists are met by any of countless other values.
  return hasNumberBetween(demands);
}

const WORDS: Readonly<Record<string, string>> = {
  In: "in",
  NotIn: "not in",
  Exists: "exists",
  DoesNotExist: "does not exist",
  Gt: ">",
  Lt: "<",
};
const MOST_VALUES = 5;

/** `kubernetes.io/arch in (amd64, arm64) (nodeAffinity of build)` */
export function describeDemand({ key, operator, values, origin }: LabelDemand): string {
  const shown = [...values].slice(0, MOST_VALUES).join(", ") + (values.size > MOST_VALUES ? ", …" : "");
  const what =
    operator === "In" && values.size === 1
      ? `${key}=${shown}`
      : [key, WORDS[operator] ?? operator, values.size === 0 ? "" : `(${shown})`].join(" ").trim();
  return `${what} (${origin})`;
}
