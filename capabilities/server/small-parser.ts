/**
 * Pepr's watches parse HTTP by WebAssembly (undici's llhttp). V8 compiles that a second time, to make it quicker: 25 MiB for a
 * moment, and 12 for ever, for the few events of those watches, in a process that may have nothing else to do. So it is compiled
 * once. Import it before pepr.
 */
import { setFlagsFromString } from "node:v8";

setFlagsFromString("--liftoff-only");
