/** What carrying out a step takes. */
import type { Settings } from "../choices/settings";
import type { Cluster } from "../kube/cluster";
import type { Store } from "../store/store";

export interface Parts {
  cluster: Cluster;
  settings: Settings;
  store: Store;
}
