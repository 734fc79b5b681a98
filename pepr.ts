import { stopServing, useCertificate } from "./capabilities/server/https-server";
import "./capabilities/server/endless-watches";
import "./capabilities/server/no-store";
import "./capabilities/server/small-parser";
import { Log, PeprModule } from "pepr";
import { PodAffinity, startController } from "./capabilities";
import { certificateFiles, watchCertificate } from "./capabilities/server/certificate";
import { countAnswer } from "./capabilities/metrics/admission";
import "./capabilities/metrics/endpoint";
import { tellBuild } from "./capabilities/metrics/process";
import { onStop, stopAtSignal } from "./capabilities/server/stop";
import { uninstall } from "./capabilities/controller/uninstall";
import { verify } from "./capabilities/controller/verify";
import cfg from "./package.json";

function serve(): void {
  const module_ = new PeprModule(cfg, [PodAffinity], { deferStart: true, afterHook: countAnswer });
  if (process.env.PEPR_MODE === "build") return;
  module_.start(Number(process.env.PORT ?? 3000));
  watchCertificate(certificateFiles(process.env), {
    onChange: pair => {
      useCertificate(pair);
      Log.info("The certificate was renewed, and is in use.");
    },
    onEnding: days =>
      Log.warn(
        { days },
        "The serving certificate is about to end: renew it (docs/install.md, Certificates).",
      ),
    onFailure: error => Log.warn(error, "The certificate cannot be read; the one in use stays."),
  });
  onStop(() => stopServing());
  const isController = process.env.PEPR_WATCH_MODE === "true" || process.env.PEPR_MODE === "dev";
  tellBuild(cfg.version, isController ? "controller" : "admission");
  if (isController) startController();
  stopAtSignal();
}

// The chart's last job calls it as `uninstall NAME`, and `helm test` as `verify NAMESPACE`.
if (process.argv[2] === "uninstall") void uninstall(process.argv[3] ?? "");
else if (process.argv[2] === "verify") void verify(process.argv[3] ?? "default");
else serve();
