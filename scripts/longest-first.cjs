/**
 * Order of end-to-end tests: those that take longest first, so that none of them is left alone at the end. Jest itself
 * goes by what it remembers, and on a fresh machine by the size of the files.
 */
const Sequencer = require("@jest/test-sequencer").default;

const LONGEST = [
  "chart-lifecycle",
  "fit",
  "chart",
  "cases",
  "nodes",
  "real-node",
  "runs",
  "edges",
  "faults",
  "given",
  "unknown",
  "many-runs",
  "behaviour",
  // By themselves, see end-to-end.mjs.
  ...["soak", "neighbours", "leader"],
];

/** Position in that list; behind it when it is not there. */
const rank = ({ path }) => {
  const index = LONGEST.findIndex(name => path.endsWith(`/${name}.test.ts`));
  return index === -1 ? LONGEST.length : index;
};

module.exports = class LongestFirst extends Sequencer {
  sort(tests) {
    return [...super.sort(tests)].sort((one, other) => rank(one) - rank(other));
  }
};
