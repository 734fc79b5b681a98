import "./capabilities/keep-alive";
import { PeprModule } from "pepr";
import { PodAffinity, startController } from "./capabilities";
import cfg from "./package.json";

const module_ = new PeprModule(cfg, [PodAffinity], { deferStart: true });

if (process.env.PEPR_MODE !== "build") {
  module_.start(Number(process.env.PORT ?? 3000));
  if (process.env.PEPR_WATCH_MODE === "true" || process.env.PEPR_MODE === "dev") startController();
}
