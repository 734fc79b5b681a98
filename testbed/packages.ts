/** Where processes that the test bed starts find their packages. */
import { join } from "node:path";

/** As they were installed. */
const INSTALLED = join(__dirname, "..", "node_modules");

/**
 * Directory to be used as node_modules/: the one that TESTBED_PACKAGES names, where tests have some of them in a form
 * that loads quickly, else the one of the checkout.
 */
export const operatorPackages = (): string => process.env.TESTBED_PACKAGES ?? INSTALLED;

/** NODE_PATH for a process that may want any package. */
export const allPackages = (): string => [operatorPackages(), INSTALLED].join(":");
