/** Namespaces come and go. */
import { OPT_IN_LABEL } from "../../capabilities/keys";
import { applyObjects } from "../../testbed/manifests";
import { createNamespace } from "../../testbed/namespaces";
import type { PlannedNamespace } from "../plan/namespaces";
import type { Recordings } from "./bodies";
import type { Stage } from "./stage";

export class NamespaceActor {
  constructor(
    private readonly stage: Stage,
    private readonly recordings: Recordings,
  ) {}

  async create({ name, optsIn }: PlannedNamespace): Promise<void> {
    const { clients, kubeconfigFile } = this.stage.cluster;
    await this.stage.act("namespace created", async () => {
      await createNamespace(clients, name, { labels: optsIn ? { [OPT_IN_LABEL]: "true" } : {} });
      const placed = this.recordings
        .definitions()
        .map(object => ({ ...object, metadata: { ...object.metadata, namespace: name } }));
      await applyObjects(kubeconfigFile, placed);
    });
  }

  async delete({ name }: PlannedNamespace): Promise<void> {
    const { core } = this.stage.cluster.clients;
    await this.stage.act("namespace deleted", () => core.deleteNamespace({ name }));
  }
}
