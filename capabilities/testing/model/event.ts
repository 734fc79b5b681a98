/** What happens in the model's cluster without a step of ours. */
import type { Scenario, World } from "./world";

export interface Happening {
  name: string;
  world: World;
}

/** What may happen next; nothing where it cannot. */
export type Happenings = (world: World, scenario: Scenario) => Happening[];

/** One that can happen in one way. */
export function happens(
  name: string,
  next: (world: World, scenario: Scenario) => World | undefined,
): Happenings {
  return (world, scenario) => {
    const after = next(world, scenario);
    return after === undefined ? [] : [{ name, world: after }];
  };
}
