/** The operator's own metrics. Names, units and labels as https://prometheus.io/docs/practices/naming/ asks. */
import { Registry } from "prom-client";

/** The names of all of them begin with this. */
export const PREFIX = "pod_affinity_";

export const registry = new Registry();

const updates: (() => void)[] = [];

/** Called before each scrape: what can be read then is not kept by counting, which drifts. */
export function atScrape(update: () => void): void {
  updates.push(update);
}

/** What a scrape is answered, in Prometheus' text format. */
export async function scrape(): Promise<string> {
  for (const update of updates) update();
  return registry.metrics();
}
