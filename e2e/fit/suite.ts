/** Groups of tests that share one cluster of nodes of their own. */
import { afterAll, afterEach, beforeAll, describe } from "@jest/globals";
import {
  OperatedCluster,
  OWN_NODES,
  RUN_MILLISECONDS,
  START_MILLISECONDS,
  STOP_MILLISECONDS,
} from "../operated-cluster";
import { Fit, type FitTests } from "./fixture";

/**
 * @param name of the cluster
 * @param settings of the operator, as the environment has them
 * @param groups by what they are about
 */
export function suiteOfRoom(
  name: string,
  settings: Record<string, string>,
  groups: Record<string, FitTests>,
): void {
  (OWN_NODES ? describe : describe.skip)(name, () => {
    let fit: Fit;

    beforeAll(async () => {
      fit = new Fit(await OperatedCluster.start(name, 0, { settings }));
    }, START_MILLISECONDS);
    afterAll(() => fit?.operated.stop(), STOP_MILLISECONDS);
    afterEach(() => fit.removeNodes(), RUN_MILLISECONDS);

    for (const [about, tests] of Object.entries(groups)) describe(about, () => tests(() => fit));
  });
}
