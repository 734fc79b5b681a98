/**
 * What one run may cost to reckon, so that no object of any tenant can stop the operator. All far above what a real run
 * has. Beyond a bound the rest counts as unknown, and a note says so.
 */

/** Pipelines in pipelines are followed so deep. */
export const DEEPEST = 10;
/** Tasks of a run, those of pipelines in it included. */
export const MOST_TASKS = 10_000;
/** Tekton's default for `default-max-matrix-combinations-count`. Source: pkg/apis/config/default.go. */
export const MOST_COMBINATIONS = 256;
/** Pods of one task at once, pipelines in pipelines multiplied out. */
export const MOST_PODS = 1_000_000;
/** Steps and sidecars of a task. A pod of so many has no room in etcd. */
export const MOST_CONTAINERS = 1_000;
/** Names of resources: in one map, and of all tasks together. Each costs a flow through the graph. */
export const MOST_RESOURCES = 32;
/** Items of an array that is put together from others. More than any matrix may have. */
export const MOST_ITEMS = 10_000;
/** Characters of a text after its parameters are put in. */
export const LONGEST_TEXT = 65_536;
/** Characters of all that is read and put in for one run, what is used many times counted many times. */
export const MOST_CHARACTERS = 16 * 2 ** 20;
/** Arcs of a flow network that are looked at for one run. */
export const MOST_ARCS_VISITED = 50_000_000;
/** Pipelines and Tasks that are read for one run. */
export const MOST_DEFINITIONS = 500;
/** Characters of them, as they are read. What is kept of them is less. */
export const MOST_READ_CHARACTERS = 16 * 2 ** 20;
/** RuntimeClasses, and PriorityClasses, that are read for one run. */
export const MOST_CLASSES = 20;
