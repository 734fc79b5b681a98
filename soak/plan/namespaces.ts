/** Namespaces come, and go with all that is in them. */
import { Chance } from "../chance";

export interface PlannedNamespace {
  name: string;
  /** Whether its label opts its runs in. */
  optsIn: boolean;
  /** Milliseconds after the start; runs are created in it meanwhile. */
  from: number;
  /** When it is deleted, with what is in it; Infinity when it stays. */
  until: number;
}

const AT_ONCE = 4;
const LEAST_LIFE_MILLISECONDS = 25_000;
const MOST_LIFE_MILLISECONDS = 120_000;

/** At every time there are four, of which the first stays for ever. */
export function plannedNamespaces(seed: number, end: number): PlannedNamespace[] {
  const chance = new Chance(seed, "namespaces");
  const planned: PlannedNamespace[] = [{ name: "soak-0", optsIn: false, from: 0, until: Infinity }];
  for (let place = 1; place < AT_ONCE; place++) {
    for (let from = 0, turn = 0; from < end; turn++) {
      const until = from + chance.whole(LEAST_LIFE_MILLISECONDS, MOST_LIFE_MILLISECONDS);
      const name = `soak-${place}-${turn}`;
      planned.push({ name, optsIn: chance.happens(0.4), from, until: until < end ? until : Infinity });
      from = until;
    }
  }
  return planned;
}
