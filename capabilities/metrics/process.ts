/** What is told of the process itself. */
import { Gauge } from "prom-client";
import { PREFIX, registry } from "./registry";

const build = new Gauge({
  name: `${PREFIX}build_info`,
  help: "Always 1; the labels say which version it is, and of what: controller or admission.",
  labelNames: ["version", "component"],
  registers: [registry],
});

const certificateEnd = new Gauge({
  name: `${PREFIX}certificate_end_timestamp_seconds`,
  help: "When the serving certificate ends, in seconds of the epoch.",
  registers: [registry],
});

export const tellBuild = (version: string, component: "controller" | "admission"): void =>
  build.set({ version, component }, 1);

export const tellCertificateEnd = (milliseconds: number): void => certificateEnd.set(milliseconds / 1000);
