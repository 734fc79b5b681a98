/**
 * Stand-in for Tekton's controller and webhook, for the test bed only.
 *
 * Works on the cluster that KUBECONFIG names. Prints the line of ../ready.ts when its webhooks are called and
 * everything is watched. Keeps nothing but what is on the objects, so it can be stopped and started at any time.
 */
import { KubeConfig } from "@kubernetes/client-node";
import { kubeClients } from "../../capabilities/kube/client";
import { makeCertificates } from "../certificates";
import { Api } from "./io/api";
import { PipelineRunController } from "./io/pipeline-runs";
import { Stores } from "./io/stores";
import { TaskRunController } from "./io/task-runs";
import { watchAll } from "./io/watches";
import { WorkQueue } from "./io/work-queue";
import { readyLine } from "../ready";
import { untilWebhooksAnswer } from "./webhooks/probe";
import { installWebhooks } from "./webhooks/install";
import { serveWebhooks } from "./webhooks/server";

const parallel = 16;

async function main(): Promise<void> {
  const kubeConfig = new KubeConfig();
  kubeConfig.loadFromDefault();
  const clients = kubeClients({ maxConnections: 2 * parallel, requestTimeoutMilliseconds: 30_000 });
  const { authority, serving } = await makeCertificates();
  const { url } = await serveWebhooks(serving);
  await installWebhooks(kubeConfig, url, authority);
  await untilWebhooksAnswer(clients);

  const api = new Api(clients);
  const stores = new Stores();
  const pipelineRunController = new PipelineRunController(api, stores);
  const taskRunController = new TaskRunController(api, stores);
  const report = (line: string): void => console.error(line);
  const pipelineRuns = new WorkQueue({
    name: "PipelineRun",
    parallel,
    report,
    work: (key, again) => pipelineRunController.reconcile(key, again),
  });
  const taskRuns = new WorkQueue({
    name: "TaskRun",
    parallel,
    report,
    work: (key, again) => taskRunController.reconcile(key, again),
  });
  await watchAll(kubeConfig, clients, stores, { pipelineRuns, taskRuns });
  console.log(readyLine("tekton-stand-in"));
}

process.on("SIGTERM", () => process.exit(0));
process.on("SIGINT", () => process.exit(0));
main().catch((error: unknown) => {
  console.error(error);
  process.exit(1);
});
