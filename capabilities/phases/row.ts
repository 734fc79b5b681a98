/** A row of the table: in which stage and phase, and when, which step is taken. */
import type { Phase, Stage } from "./phase";
import type { Sight } from "./sight";
import type { Step, StepKind } from "./steps";

export interface Row {
  /** The predicate, as a sentence of English. */
  name: string;
  /** Why the step is right, in one line. */
  why: string;
  stages: readonly Stage[];
  /** Default: all. */
  phases?: readonly Phase[];
  /** Default: always. */
  when?: (seen: Sight) => boolean;
  step: (seen: Sight) => Step;
  /** The kinds of step that it takes, for the page about the table; the search of the table holds them true. */
  takes: readonly StepKind[];
  /** For the diagram: the phases that the step leads to; none for a step that only waits. */
  to?: readonly (Phase | "released" | "gone")[];
}

/** Whether it is the first row that matches is for the caller to see. */
export const matches = ({ stages, phases, when }: Row, seen: Sight): boolean =>
  stages.includes(seen.stage) &&
  (phases === undefined || phases.includes(seen.phase)) &&
  (when === undefined || when(seen));
