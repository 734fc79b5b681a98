/** One installation is enough for a cluster: two would make two placeholders of one name, and fight over every run. */
import type { V1MutatingWebhookConfiguration } from "@kubernetes/client-node";
import { setTimeout as delay } from "node:timers/promises";
import { Log } from "pepr";
import { APP_NAME, APP_NAME_LABEL } from "../keys";
import type { KubeClients } from "../kube/client";
import { describeError } from "../kube/errors";

/** What Pepr itself calls the webhooks of the module. */
const PEPR_NAME = `pepr-${APP_NAME}`;
const PAGE_SIZE = 500;

const isOne = ({ metadata }: V1MutatingWebhookConfiguration): boolean =>
  metadata?.labels?.[APP_NAME_LABEL] === APP_NAME || metadata?.name === PEPR_NAME;

const age = ({ metadata }: V1MutatingWebhookConfiguration): number =>
  new Date(metadata?.creationTimestamp ?? 0).getTime();

/**
 * The installation that was there before this one, by its webhooks; undefined when this is the first, or the only one.
 *
 * @param own the name of this installation's
 */
export function earlierInstallation(
  found: readonly V1MutatingWebhookConfiguration[],
  own: string,
): string | undefined {
  const all = found.filter(isOne).sort((one, other) => {
    const name = ({ metadata }: V1MutatingWebhookConfiguration) => metadata!.name!;
    return age(one) - age(other) || (name(one) < name(other) ? -1 : 1);
  });
  const first = all[0]?.metadata?.name;
  return first === undefined || first === own ? undefined : first;
}

export interface Alone {
  clients: Pick<KubeClients, "admission">;
  own: string;
  pauseMilliseconds: number;
}

/** Resolves when there is no earlier installation. While there is one, the log says so. */
export async function untilAlone({ clients, own, pauseMilliseconds }: Alone): Promise<void> {
  let told: string | undefined;
  for (;;) {
    try {
      const { items } = await clients.admission.listMutatingWebhookConfiguration({ limit: PAGE_SIZE });
      const other = earlierInstallation(items, own);
      if (other === undefined) return;
      if (other !== told) {
        Log.error(
          { other, own },
          "There is another installation in this cluster, and this one does not start: uninstall one of them. " +
            "One is enough for all namespaces",
        );
        told = other;
      }
    } catch (error) {
      Log.warn(
        { error: describeError(error) },
        "Whether there is another installation is not known; asking again",
      );
    }
    await delay(pauseMilliseconds, undefined, { ref: false });
  }
}
