import { expect, test } from "@jest/globals";
import { aRun, containerStatus, placeholderPodOf } from "../testing/builders";
import { notRunningWarning } from "./not-running";

/** @param state as the kubelet writes it */
function told(state: object): string | undefined {
  const pod = placeholderPodOf(aRun().held().run, "node-1");
  pod.status!.containerStatuses = [{ ...containerStatus(undefined), state }];
  return notRunningWarning(pod)?.message;
}

const waiting = (reason: string, message?: string) => ({ waiting: { reason, message } });

test.each([
  { name: "it runs", state: { running: {} } },
  { name: "it is about to", state: waiting("ContainerCreating") },
  { name: "a first pull has failed, and another follows", state: waiting("ErrImagePull", "busy") },
  { name: "a word that is none of a kubelet's", state: waiting("constructor") },
])("nothing is told where $name", ({ state }) => {
  expect(told(state)).toBeUndefined();
});

test.each([
  { reason: "ImagePullBackOff", advice: "the nodes can pull" },
  { reason: "InvalidImageName", advice: "the nodes can pull" },
  { reason: "CreateContainerConfigError", advice: "runs as another user than root" },
])("$reason is told with the kubelet's words and what to do", ({ reason, advice }) => {
  const message = told(waiting(reason, "what the kubelet says."))!;
  expect(message).toContain(`does not run on node-1: ${reason}, what the kubelet says. Set `);
  expect(message).toContain(advice);
  expect(message.length).toBeLessThan(500);
});
