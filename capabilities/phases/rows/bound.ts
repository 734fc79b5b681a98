/** Rows for placeholders that have their node, in the order in which they are tried. */
import type { Row } from "../row";
import { HAND_OVER } from "./hand-over";
import { MOVE } from "./move";
import { RECOUNTED } from "./recounted";
import { RELEASE } from "./release";
import { REPLACEMENT, UNFINISHED } from "./replacement";

export const WITH_NODE: readonly Row[] = [
  ...UNFINISHED,
  ...MOVE,
  ...REPLACEMENT,
  ...RELEASE,
  ...RECOUNTED,
  ...HAND_OVER,
];
