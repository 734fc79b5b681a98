/** One run, two nodes, and something that happens to the first of them: what became of the run. */
import type { V1Pod } from "@kubernetes/client-node";
import { isPlaceholderPod } from "../../capabilities/tekton/placeholder-pod";
import { addNode } from "../../testbed/nodes";
import { until } from "../../testbed/until";
import { Fit, after, cpu } from "../fit/fixture";
import { approve, gate, untilGate } from "../gate";
import { RUN_MILLISECONDS, run, type OperatedCluster } from "../operated-cluster";
import { endPods } from "../pods";
import { back, EVENTS, type EventName, type Scene } from "./events";
import { applyClaim, SLOTS } from "./strangers";

export const STATES = ["held", "placed", "between tasks", "active", "finally"] as const;
export type State = (typeof STATES)[number];

export interface Story {
  event: EventName;
  state: State;
  /** With nothing else on the machine. */
  isAlone?: true;
}

export interface Outcome {
  /** Reason of the run's end. */
  result: string | undefined;
  /** Nodes that its pods were on. */
  nodes: string[];
  splits: string[];
  /** From the event until the run went on, on whatever node. */
  seconds: number;
  /** Reasons of Events on the run. */
  told: string[];
}

/** Longer than the test: it is ended when the event has come, where its node lives. */
const ENDLESS_SECONDS = 3600;
const LOST: readonly EventName[] = ["not ready", "deleted", "out of service"];

/** Of a pod that its node takes along Tekton makes another one only where its task may be tried again. */
const firstOf = ({ state }: Story): object =>
  state === "active" ? cpu("first", "100m", { retries: 1 }, ENDLESS_SECONDS) : cpu("first", "100m");

export const idOf = ({ event, state, isAlone }: Story): string =>
  `${event}-${state}${isAlone ? "-alone" : ""}`.replaceAll(" ", "-");
const placeOf = (story: Story) => ({ row: idOf(story) });

/** Those after the event use a claim, where that is what it is about. */
function claimOf({ event }: Story): string | undefined {
  if (event === "attach limit") return "own";
  return event === "volume in another zone" ? "later" : undefined;
}

function runOf(story: Story): object {
  const claim = claimOf(story);
  const use = claim === undefined ? {} : { workspaces: [{ name: "data" }] };
  const last = (...before: string[]): object => {
    const task = cpu("last", "100m", { ...(before.length > 0 && after(...before)), ...use });
    return { ...task, taskSpec: { ...task.taskSpec, ...use } };
  };
  const first = firstOf(story);
  const kinds: Record<State, { tasks: object[]; finally?: object[] }> = {
    held: { tasks: [last()] },
    placed: { tasks: [gate, last("gate")] },
    "between tasks": { tasks: [first, { ...gate, ...after("first") }, last("gate")] },
    active: { tasks: [first, last("first")] },
    finally: { tasks: [first, { ...gate, ...after("first") }], finally: [last()] },
  };
  const pipelineSpec = {
    ...kinds[story.state],
    ...(claim !== undefined && { workspaces: [{ name: "data" }] }),
  };
  const bound = claim && { workspaces: [{ name: "data", persistentVolumeClaim: { claimName: claim } }] };
  return run(
    "build",
    [],
    {},
    {
      pipelineSpec,
      ...bound,
      taskRunTemplate: { podTemplate: { nodeSelector: placeOf(story) } },
    },
  );
}

export class Told {
  readonly #fit: Fit;
  readonly #namespace: string;
  readonly #nodes: [first: string, second: string];

  constructor(
    private readonly operated: OperatedCluster,
    private readonly story: Story,
  ) {
    this.#fit = new Fit(operated);
    this.#namespace = idOf(story);
    this.#nodes = [`${this.#namespace}-a`, `${this.#namespace}-b`];
  }

  get #scene(): Scene {
    return { operated: this.operated, namespace: this.#namespace, node: this.#nodes[0] };
  }

  get #pods(): V1Pod[] {
    return this.operated.history.now("pod", this.#namespace);
  }

  #until(what: string, holds: () => boolean | Promise<boolean>): Promise<unknown> {
    return until(`${this.#namespace}: ${what}`, RUN_MILLISECONDS, async () => holds());
  }

  async #addNode(index: 0 | 1): Promise<void> {
    const { event } = this.story;
    const zone = index === 1 ? "zone-b" : "zone-a";
    const slots = event === "full of pods" && index === 0 ? { pods: SLOTS } : {};
    const options = { name: this.#nodes[index], cpu: "4", zone, labels: placeOf(this.story), ...slots };
    await addNode(this.operated.cluster.clients, options);
  }

  /** Where the placeholder is. */
  #anchor = (): string | undefined =>
    this.#pods.find(pod => isPlaceholderPod(pod) && pod.metadata!.deletionTimestamp === undefined)?.spec
      ?.nodeName;

  async #untilState(): Promise<void> {
    const [node] = this.#nodes;
    const { state } = this.story;
    if (state === "held") {
      await this.#until("a placeholder without a node", () => this.#pods.some(isPlaceholderPod));
      return;
    }
    await this.#until("the placeholder on its node", () => this.#anchor() === node);
    if (state === "active") {
      const runs = ({ status, spec }: V1Pod) => status?.phase === "Running" && spec?.nodeName === node;
      await this.#until("its first pod", () => this.#pods.some(pod => !isPlaceholderPod(pod) && runs(pod)));
    } else await untilGate(this.operated, this.#namespace);
  }

  async #make(): Promise<void> {
    const claim = claimOf(this.story);
    await this.operated.createNamespace(this.#namespace);
    if (this.story.event === "attach limit") await this.#claim(claim!);
    await this.operated.apply(this.#namespace, [runOf(this.story) as never]);
  }

  #claim(name: string, zone?: string): Promise<void> {
    const namespace = this.#namespace;
    return applyClaim(this.operated, { namespace, name, ...(zone !== undefined && { zone }) });
  }

  /** @returns when it happened, and its own end */
  async #happens(): Promise<{ at: number; end: Promise<void> }> {
    if (this.story.event === "volume in another zone") await this.#claim("later", "zone-b");
    const at = Date.now();
    return { at, end: EVENTS[this.story.event].happens(this.#scene) };
  }

  /** Ends what is active. A lost node with pods is a wait for people: have it back, or say that it is gone for good. */
  async #endActive(isSaid: boolean): Promise<void> {
    const { event, state } = this.story;
    if (state !== "active") return;
    const first = this.#running.map(({ metadata }) => metadata!.uid);
    if (event === "not ready") {
      await this.#fit.told(this.#namespace, "NodeLost");
      await back(this.#scene);
    } else if (LOST.includes(event)) {
      const isNext = ({ metadata }: V1Pod): boolean => !first.includes(metadata!.uid);
      await this.#until("the next try", () => this.#running.some(isNext));
    } else if (isSaid) await this.#fit.told(this.#namespace, "MoveAwaited");
    await endPods(this.operated, this.#running);
  }

  get #running(): V1Pod[] {
    const isOfRun = (pod: V1Pod): boolean => pod.metadata?.labels?.["tekton.dev/taskRun"] !== undefined;
    return this.#pods.filter(pod => isOfRun(pod) && pod.status?.phase === "Running");
  }

  async #goOn(isSaid: boolean): Promise<void> {
    const { state } = this.story;
    if (state === "held" || state === "active") return;
    if (isSaid)
      await this.#until("the placeholder on the other node", () => this.#anchor() === this.#nodes[1]);
    await approve(this.operated, this.#namespace, "build");
  }

  async told(): Promise<Outcome> {
    const { isSaid } = EVENTS[this.story.event];
    let at = Date.now();
    let end = Promise.resolve();
    await this.#addNode(0);
    if (this.story.state === "held") {
      ({ end } = await this.#happens());
      await this.#make();
      await this.#untilState();
      at = Date.now();
      await this.#addNode(1);
    } else {
      await this.#make();
      await this.#untilState();
      await this.#addNode(1);
      ({ at, end } = await this.#happens());
      if (!isSaid) await end;
    }
    await this.#endActive(isSaid);
    await this.#goOn(isSaid);
    const [result] = await this.#fit.ended(this.#namespace);
    await end;
    return {
      result,
      nodes: this.#nodesOfRun(),
      splits: this.#fit.splits(this.#namespace),
      seconds: this.#secondsSince(at),
      told: await this.#reasons(),
    };
  }

  #nodesOfRun(): string[] {
    const pods = this.operated.history.all("pod", this.#namespace).map(({ object }) => object);
    const ofRun = pods.filter(pod => pod.metadata?.labels?.["tekton.dev/taskRun"] !== undefined);
    return [...new Set(ofRun.flatMap(({ spec }) => spec?.nodeName ?? []))];
  }

  /** Until something of the run came onto its second node; where nothing did, until its next pod. */
  #secondsSince(at: number): number {
    const all = this.operated.history.all("pod", this.#namespace).filter(change => change.at >= at);
    const onSecond = all.find(({ object }) => object.spec?.nodeName === this.#nodes[1]);
    const next = onSecond ?? all.find(({ object }) => object.metadata!.name!.includes("last"));
    return Math.round(((next?.at ?? NaN) - at) / 100) / 10;
  }

  async #reasons(): Promise<string[]> {
    const { core } = this.operated.cluster.clients;
    const { items } = await core.listNamespacedEvent({ namespace: this.#namespace });
    const ofRun = items.filter(({ involvedObject }) => involvedObject.kind === "PipelineRun");
    return [...new Set(ofRun.map(({ reason }) => reason ?? ""))].sort();
  }
}
