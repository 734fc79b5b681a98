/** Every metric of the operator, as it is registered. */
import "../capabilities/controller/gauges";
import "../capabilities/controller/metrics";
import "../capabilities/metrics/admission";
import "../capabilities/metrics/process";
import "../capabilities/metrics/requests";
import { registry } from "../capabilities/metrics/registry";

export interface Metric {
  name: string;
  help: string;
  type: "counter" | "gauge" | "histogram";
  labelNames: string[];
}

export async function allMetrics(): Promise<Metric[]> {
  const types = await registry.getMetricsAsJSON();
  const metrics = registry.getMetricsAsArray() as unknown as Omit<Metric, "type">[];
  return metrics
    .map(({ name, help, labelNames }) => {
      const type = types.find(one => one.name === name)!.type as unknown as Metric["type"];
      return { name, help, type, labelNames };
    })
    .sort((one, other) => (one.name < other.name ? -1 : 1));
}

/** Names of the series of a metric, as a scrape has them. */
export const seriesOf = ({ name, type }: Metric): string[] =>
  type === "histogram" ? ["_bucket", "_sum", "_count"].map(end => `${name}${end}`) : [name];
