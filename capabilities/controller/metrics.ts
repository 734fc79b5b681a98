/** The operator's own metrics, beside those of Pepr, at /metrics of every process. */
import { metricsCollector } from "pepr";
import { Counter, Registry } from "prom-client";

const registry = new Registry();

/** Resizes of placeholders that were refused, by what was asked for: `shrink` or `growth`. */
export const resizesRefused = new Counter({
  name: "pod_affinity_resizes_refused_total",
  help: "Resizes of placeholders that the API server refused; shrink: the placeholder was replaced by one that keeps no room.",
  labelNames: ["direction"],
  registers: [registry],
});

/** By what stood in the way; each once for a run, with the Event. */
export const placeholdersRefused = new Counter<"reason">({
  name: "pod_affinity_placeholders_refused_total",
  help: "Runs whose placeholder could not be made or placed, its StatefulSet or its pod, by what stood in the way.",
  labelNames: ["reason"],
  registers: [registry],
});

const ofPepr = metricsCollector.getMetrics;

/** Pepr has no registry to add to, so what it answers is added to. */
metricsCollector.getMetrics = async () => `${await ofPepr()}\n${await registry.metrics()}`;
