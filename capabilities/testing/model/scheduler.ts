/** kube-scheduler and the kubelets of the model's cluster. */
import type { V1Pod } from "@kubernetes/client-node";
import { isPlaceholderPod } from "../../tekton/placeholder-pod";
import { exceeds } from "../../demand/resources";
import { ownContainer, requestedBy } from "../../room/placeholder-size";
import { grantedTo, isGrantKnown, isResizing } from "../../room/kubelet-answer";
import { podRequests } from "../../room/pod-requests";
import { resizable } from "../../room/reservation";
import type { Happening, Happenings } from "./event";
import { answers, changed, conditioned, lacking, nodeOf, ownPods, runPods, withPod } from "./objects";
import type { NodeName, Scenario, World } from "./world";

const NODES: readonly NodeName[] = ["a", "b"];

const goes = ({ metadata }: V1Pod): boolean => metadata!.deletionTimestamp !== undefined;

function bound(world: World, pod: V1Pod, node: NodeName): World {
  const isOurs = isPlaceholderPod(pod);
  const scheduled = isOurs ? conditioned(pod, "PodScheduled", "True") : changed(pod, () => {});
  if (!isOurs) delete scheduled.status!.conditions;
  scheduled.spec!.nodeName = node;
  return withPod(world, scheduled);
}

function scheduled(
  world: World,
  scenario: Scenario,
  pod: V1Pod,
  allowed: readonly NodeName[],
  why: string,
): Happening[] {
  const there = allowed.filter(node => world.nodes[node].isThere && world.nodes[node].says === undefined);
  const wanted = podRequests(pod);
  // Of nodes that are alike it takes the first.
  const node = there.find(one => lacking(world, scenario, one, wanted).length === 0);
  if (node !== undefined) {
    return [{ name: `the scheduler binds ${pod.metadata!.name} to ${node}`, world: bound(world, pod, node) }];
  }
  const missing = new Set(there.flatMap(node => lacking(world, scenario, node, wanted)));
  const message = missing.size > 0 ? [...missing].map(name => `Insufficient ${name}`).join(", ") : why;
  const said = pod.status?.conditions?.find(({ type }) => type === "PodScheduled")?.message;
  if (said === message) return [];
  const told = withPod(world, conditioned(pod, "PodScheduled", "False", message));
  return [{ name: "the scheduler finds no node", world: told }];
}

/** With its run's pods, where it says so; and where it is pinned to. */
export const placeholderScheduled: Happenings = (world, scenario) =>
  ownPods(world)
    .filter(pod => nodeOf(pod) === undefined && !goes(pod))
    .flatMap(pod => {
      const { joins, pin } = pod.metadata!.annotations!;
      const withRun =
        joins === "true"
          ? runPods(world)
              .map(nodeOf)
              .filter(node => node !== undefined)
          : [];
      const allowed = NODES.filter(
        node => (pin === "" || node === pin) && withRun.every(other => other === node),
      );
      return scheduled(world, scenario, pod, allowed, "didn't match node or pod affinity");
    });

/** Where the placeholder is. */
export const runPodsScheduled: Happenings = (world, scenario) =>
  runPods(world)
    .filter(pod => nodeOf(pod) === undefined)
    .flatMap(pod => {
      const anchors = ownPods(world).map(nodeOf);
      const allowed = NODES.filter(node => anchors.includes(node));
      return scheduled(world, scenario, pod, allowed, "didn't match pod affinity rules");
    });

function granted(pod: V1Pod): V1Pod {
  return changed(pod, copy => {
    const [container] = copy.spec!.containers;
    const { resources } = ownContainer(copy.spec)!;
    copy.status!.phase = "Running";
    copy.status!.containerStatuses = [
      {
        name: container!.name,
        allocatedResources: resources!.requests!,
        image: "",
        imageID: "",
        ready: true,
        restartCount: 0,
      },
    ];
    copy.status!.conditions = copy.status!.conditions?.filter(({ type }) => type !== "PodResizePending");
    copy.metadata!.generation = 1;
  });
}

const onNode = (world: World): V1Pod[] =>
  ownPods(world).filter(pod => nodeOf(pod) !== undefined && answers(world, pod) && !goes(pod));

export const kubeletStarts: Happenings = world =>
  onNode(world)
    .filter(pod => !isGrantKnown(pod))
    .map(pod => ({ name: "the kubelet starts the placeholder", world: withPod(world, granted(pod)) }));

export const kubeletAnswers: Happenings = (world, scenario) =>
  onNode(world)
    .filter(isResizing)
    .flatMap(pod => {
      const asked = resizable(requestedBy(pod.spec!));
      const grows = exceeds(asked, grantedTo(pod)).length > 0;
      const fits = lacking(world, scenario, nodeOf(pod)!, asked, pod).length === 0;
      const grants = grows ? fits : scenario.resize !== "never shrinks";
      if (grants) return [{ name: "the kubelet grants the resize", world: withPod(world, granted(pod)) }];
      const pending = pod.status!.conditions?.find(({ type }) => type === "PodResizePending");
      if (pending?.observedGeneration === pod.metadata!.generation) return [];
      const told = withPod(world, conditioned(pod, "PodResizePending", "True"));
      return [{ name: "the kubelet puts the resize off", world: told }];
    });
