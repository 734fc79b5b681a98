/** Serves the operator's metrics at /metrics of every process, after those of Pepr. */
import { metricsCollector } from "pepr";
import { scrape } from "./registry";

const ofPepr = metricsCollector.getMetrics;

/** Pepr has no registry to add to, so what it answers is added to. */
metricsCollector.getMetrics = async () => `${await ofPepr()}\n${await scrape()}`;
