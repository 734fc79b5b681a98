/** What a step makes of the model's cluster, as controller/carry-out.ts would have the API server do it. */
import type { V1StatefulSet } from "@kubernetes/client-node";
import { exceeds, NOTHING } from "../../demand/resources";
import {
  CANCELLED,
  LET_GO_ANNOTATION,
  NODE_ANNOTATION,
  PLACEHOLDER_LABEL,
  ROOT_ANNOTATION,
  WITHIN_ANNOTATION,
  WITHOUT_AFFINITY,
} from "../../keys";
import type { Step } from "../../phases/steps";
import { placeholderFor } from "../../placement/placeholder";
import {
  hasLimits,
  ownContainer,
  requestedBy,
  reservationOf,
  resizedResources,
} from "../../room/placeholder-size";
import {
  firstTemplate,
  pinnedTemplate,
  placesTemplate,
  settledTemplate,
} from "../../placement/placeholder-template";
import { unitePodTemplates } from "../../placement/pod-templates";
import { recordOf } from "../../placement/record";
import { revised } from "../../room/learned";
import { NO_BOUNDS } from "../../room/namespace-bounds";
import { cappedAgain, withAsk } from "../../room/reservation";
import { slimStatefulSet } from "../../store/slim-stateful-set";
import type { PipelineRun } from "../../tekton/objects";
import { SETTINGS } from "../builders";
import {
  answers,
  changed,
  RUN_NAME,
  time,
  withoutPod,
  withPod,
  withRecord,
  withReservation,
  withTemplate,
} from "./objects";
import { withMadePod } from "./tekton";
import { forgotten, LONG_AGO, NOW, QUOTA, type Scenario, type World } from "./world";

const FULL = [{ status: { hard: { "requests.cpu": "1" }, used: { "requests.cpu": "500m" } } }];

const templateOf = (run: PipelineRun) => unitePodTemplates(run.spec, () => 0).template;

function make(world: World, { reservation }: Scenario): World {
  if (world.refuses === "StatefulSets") return { ...world, refusal: QUOTA };
  const run = world.run!;
  const surroundings = { limits: false, volumes: [] };
  const made = placeholderFor(run, templateOf(run), SETTINGS, reservation, surroundings);
  const statefulSet = slimStatefulSet(made);
  // A pod of an earlier one is not its own.
  const owners = world.pods.flatMap(({ metadata }) => metadata!.ownerReferences ?? []);
  statefulSet.metadata!.uid = ["set-1", "set-2"].find(uid => !owners.some(owner => owner.uid === uid))!;
  statefulSet.metadata!.creationTimestamp = time(LONG_AGO);
  return { ...world, statefulSet, podMissingSince: NOW };
}

function growthRefused(statefulSet: V1StatefulSet): V1StatefulSet {
  return withRecord(statefulSet, { ...recordOf(statefulSet), growthRefusedAt: NOW });
}

type Resize = Pick<Extract<Step, { kind: "resize" }>, "pod" | "size">;

function resize(world: World, { pod, size }: Resize, scenario: Scenario): World {
  const statefulSet = world.statefulSet!;
  if (scenario.resize !== "refused") {
    const resources = resizedResources(pod, size, hasLimits(statefulSet));
    const resized = changed(pod, copy => {
      ownContainer(copy.spec)!.resources = resources;
      // Of older ones no more has to be known than that they are older.
      copy.metadata!.generation = Math.min(2, (copy.metadata!.generation ?? 1) + 1);
      for (const condition of copy.status!.conditions ?? []) {
        if (condition.observedGeneration !== undefined) condition.observedGeneration = 1;
      }
    });
    return withPod(world, resized);
  }
  if (exceeds(size, requestedBy(pod.spec!)).length > 0) {
    return { ...world, statefulSet: growthRefused(statefulSet) };
  }
  const run = world.run!;
  const { floor } = reservationOf(statefulSet);
  const to = { pod, node: pod.spec!.nodeName!, size: floor };
  const change = pinnedTemplate(run, statefulSet, to);
  const small = { ask: floor, floor, firstWave: {}, tasks: [] };
  return { ...world, statefulSet: withTemplate(statefulSet, change, small) };
}

/** What is written to a run. */
function written(world: World, change: (run: PipelineRun) => void): World {
  return { ...world, run: changed(world.run!, change) };
}

/** On a node that answers nobody a pod that is to go stays, unless it is deleted by force. */
function deleted(world: World, { pod, isForced }: Extract<Step, { kind: "remake-pod" }>): World {
  if (isForced === true || answers(world, pod)) return withoutPod(world, pod);
  const going = changed(pod, ({ metadata }) => (metadata!.deletionTimestamp = time(NOW)));
  return { ...withPod(world, going), podMissingSince: NOW };
}

export function carriedOut(before: World, step: Step, scenario: Scenario): World {
  const world: World = { ...before, ...forgotten };
  const { run, statefulSet } = world;
  switch (step.kind) {
    case "none":
    case "wait":
      return before;
    case "make-placeholder":
      return make(world, scenario);
    case "make-pod":
      return withMadePod(world) ?? world;
    case "settle-placeholder": {
      const change = settledTemplate(statefulSet!);
      return { ...world, statefulSet: withTemplate(statefulSet!, change) };
    }
    case "pin-placeholder": {
      const change = pinnedTemplate(run!, statefulSet!, step);
      return { ...world, statefulSet: withTemplate(statefulSet!, change) };
    }
    case "start-over": {
      const change = firstTemplate(run!, statefulSet!, step);
      const reservation = withAsk(reservationOf(statefulSet!), step.ask);
      return { ...world, statefulSet: withTemplate(statefulSet!, change, reservation) };
    }
    case "remake-pod":
      return deleted(world, step);
    case "note-claims": {
      const places = { volumes: [], terms: [], claims: step.claims };
      return { ...world, statefulSet: withTemplate(statefulSet!, placesTemplate(statefulSet!, places)) };
    }
    case "reserve-again": {
      if (step.learned.length === 0) {
        const bounds = { ...NO_BOUNDS, quotas: scenario.isQuotaFull === true ? FULL : [] };
        const { reservation } = cappedAgain(reservationOf(statefulSet!), bounds, NOTHING, new Date(NOW));
        // Further tries differ in nothing but the length of pauses.
        if (reservation.capped !== undefined) reservation.capped = { ...reservation.capped, tries: 1 };
        return { ...world, statefulSet: withReservation(statefulSet!, reservation) };
      }
      const reservation = revised(reservationOf(statefulSet!), scenario.resolved!, step.learned);
      return { ...world, statefulSet: withReservation(statefulSet!, reservation) };
    }
    case "withdraw-growth":
      return resize({ ...world, statefulSet: growthRefused(statefulSet!) }, step, scenario);
    case "resize":
      return resize(world, step, scenario);
    case "release": {
      const { pod, size } = step;
      const resized = size === undefined ? world : resize(world, { pod, size }, scenario);
      return written(resized, ({ metadata, spec }) => {
        metadata!.labels![PLACEHOLDER_LABEL] = step.placeholder;
        metadata!.annotations![NODE_ANNOTATION] = "";
        metadata!.annotations![ROOT_ANNOTATION] = RUN_NAME;
        metadata!.annotations![WITHIN_ANNOTATION] = step.topologyKey;
        delete spec!.status;
      });
    }
    case "note-node":
      return written(world, ({ metadata }) => (metadata!.annotations![NODE_ANNOTATION] = step.node));
    case "let-go":
      return written(world, ({ metadata, spec }) => {
        metadata!.annotations![LET_GO_ANNOTATION] = WITHOUT_AFFINITY;
        delete spec!.status;
      });
    case "cancel":
      return written(world, ({ spec }) => (spec!.status = CANCELLED));
    case "delete-claims":
      return {
        ...world,
        claim: world.claim === run!.metadata!.uid ? undefined : world.claim,
        areClaimsDone: true,
      };
    case "delete-placeholder":
      return { ...world, statefulSet: undefined, podMissingSince: undefined };
  }
}
