/** Rows for placeholders that have their node, in the order in which they are tried. */
import type { Row } from "../row";
import { HAND_OVER } from "./hand-over";
import { RELEASE } from "./release";
import { REPLACEMENT } from "./replacement";
import { RESOLVED } from "./resolved";

export const WITH_NODE: readonly Row[] = [...REPLACEMENT, ...RELEASE, ...RESOLVED, ...HAND_OVER];
