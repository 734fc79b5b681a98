/** All that is checked. */
import type { Invariant } from "../invariant";
import { Anchored } from "./anchored";
import { Apart } from "./apart";
import { Gone } from "./gone";
import { HoldsOfOthers } from "./holds-of-others";
import { Kept } from "./kept";
import { ObjectsOfOthers } from "./objects-of-others";
import { Placed } from "./placed";
import { Released } from "./released";
import { AfterLoss, Together } from "./together";

/** @param boundMilliseconds of calm, in which what has to happen happens */
export const allInvariants = (boundMilliseconds: number): Invariant[] => [
  new Placed(boundMilliseconds),
  new Released(boundMilliseconds),
  new Anchored(),
  new Together(),
  new AfterLoss(),
  new Apart(),
  new HoldsOfOthers(),
  new ObjectsOfOthers(),
  new Kept(),
  new Gone(boundMilliseconds),
];
