/** The demo's runs once more, not opted in, for the picture beside: what the scheduler does with them alone. */
import { hasEnded } from "../capabilities/tekton/objects";
import { OPT_IN_LABEL } from "../capabilities/keys";
import type { Cluster } from "../testbed/cluster";
import { applyObjects } from "../testbed/manifests";
import { createNamespace } from "../testbed/namespaces";
import { removeNode } from "../testbed/nodes";
import { until } from "../testbed/until";
import { again, readExample, type Example } from "./examples";
import type { Seen } from "./observation";
import { Observer } from "./observe";
import { FILES, LATE, LATE_NODE } from "./scenario";

export const WITHOUT = "without-operator";

const MOST_MILLISECONDS = 120_000;

/** Into the namespace, and not opted in. */
function unmarked({ objects }: Example): Example["objects"] {
  return objects.map(object => {
    const { [OPT_IN_LABEL]: _optIn, ...labels } = object.metadata?.labels ?? {};
    return { ...object, metadata: { ...object.metadata, labels, namespace: WITHOUT } };
  });
}

/**
 * Takes the node away that came for the run that was one too many: without the operator none is waited for. One that an
 * autoscaler made goes by itself.
 *
 * @throws Error when the runs do not end within two minutes, or the reason of the signal
 */
export async function playWithout(
  cluster: Cluster,
  signal: AbortSignal,
  autoscaler: boolean,
): Promise<readonly Seen[]> {
  if (!autoscaler) await removeNode(cluster.clients, LATE_NODE);
  await createNamespace(cluster.clients, WITHOUT);
  const observer = new Observer();
  try {
    await observer.start(cluster.kubeconfigFile);
    const examples = await Promise.all(FILES.map(readExample));
    for (const example of [...examples, again(examples[0]!, LATE)]) {
      await applyObjects(cluster.kubeconfigFile, unmarked(example));
    }
    await until("the runs without the operator to end", MOST_MILLISECONDS, async () => {
      signal.throwIfAborted();
      observer.check();
      const runs = observer.now("run").filter(({ metadata }) => metadata?.namespace === WITHOUT);
      return (runs.length === examples.length + 1 && runs.every(hasEnded)) || undefined;
    });
    return observer.seen;
  } finally {
    observer.stop();
  }
}
