/** Runs with pod templates that any tenant can write, and that would cost far more to compare than to send. */
import type { V1PodAffinityTerm, V1Toleration } from "@kubernetes/client-node";
import type { PipelineTask } from "../demand/pipeline-spec";
import type { PipelineRun, PodTemplate } from "../tekton/objects";
import { asking, known, runOf } from "./definitions";
import type { Poison } from "./poisons";

const times = <T>(count: number, make: (index: number) => T): T[] =>
  Array.from({ length: count }, (_, index) => make(index));
const HOSTNAME = "kubernetes.io/hostname";

const tasksOf = (count: number): PipelineTask[] => times(count, index => asking(`t${index}`, "1"));
/** A task with so many pods, each with a param of its own. */
const spread = (name: string, pods: number): PipelineTask => ({
  name,
  taskSpec: { params: [{ name: "p" }], steps: [{}] } as PipelineTask["taskSpec"] & object,
  matrix: { params: [{ name: "p", value: times(pods, index => `v${index}`) }] },
});

const poison = (
  tasks: PipelineTask[],
  podTemplate: PodTemplate,
  labels: Record<string, string> = {},
): Poison => {
  const run: PipelineRun = runOf({ tasks }, { taskRunTemplate: { podTemplate } });
  return { run: { ...run, metadata: { labels } }, definitions: known() };
};

/** What fits into the characters that are compared. */
const MOST_CHARACTERS = 32 * 1024;
function fitting<T>(make: (index: number) => T): T[] {
  const items: T[] = [];
  let size = 200;
  for (let index = 0; size < MOST_CHARACTERS; index++) {
    const item = make(index);
    size += JSON.stringify(item).length + 1;
    if (size < MOST_CHARACTERS) items.push(item);
  }
  return items;
}

const repelling = (make: (index: number) => Record<string, string>): PodTemplate => ({
  affinity: {
    podAntiAffinity: {
      requiredDuringSchedulingIgnoredDuringExecution: fitting(
        (index): V1PodAffinityTerm => ({ topologyKey: "z", labelSelector: { matchLabels: make(index) } }),
      ),
    },
  },
});

const spreading = (make: (index: number) => Record<string, string>): object => ({
  topologySpreadConstraints: fitting(index => ({
    maxSkew: 1,
    topologyKey: HOSTNAME,
    whenUnsatisfiable: "DoNotSchedule",
    labelSelector: { matchLabels: make(index) },
  })),
});

const manyOf = (count: number): Record<string, string> =>
  Object.fromEntries(times(count, index => [`l${index}`, "x"]));

export const TEMPLATE_POISONS: Record<string, () => Poison> = {
  "terms as many as fit, and 10,000 tasks": () =>
    poison(
      tasksOf(10_000),
      repelling(index => ({ "tekton.dev/pipelineTask": `x${index}` })),
    ),
  "terms that look at two pods each, and 10,000 tasks": () =>
    poison(tasksOf(10_000), {
      affinity: {
        podAntiAffinity: {
          requiredDuringSchedulingIgnoredDuringExecution: fitting(index => ({
            topologyKey: "z",
            labelSelector: { matchLabels: { a: `${index}` } },
            matchLabelKeys: ["tekton.dev/pipelineTask"],
          })),
        },
      },
    }),
  "terms of their own for 256 pods, and 9,000 tasks": () =>
    poison(
      [spread("wide", 256), ...tasksOf(9000)],
      repelling(index => ({ a: `${index}$(params.p)` })),
    ),
  "constraints as many as fit, and 10,000 tasks": () =>
    poison(
      tasksOf(10_000),
      spreading(index => ({ "tekton.dev/pipelineTask": `x${index}` })),
    ),
  "20,000 labels of the run, and 10,000 tasks": () =>
    poison(
      tasksOf(10_000),
      repelling(index => ({ a: `${index}` })),
      manyOf(20_000),
    ),
  "tolerations of their own for 256 pods": () =>
    poison([spread("wide", 256)], {
      tolerations: fitting(
        (index): V1Toleration => ({ key: `k${index}`, value: index === 0 ? "$(params.p)" : "" }),
      ),
    }),
  "tolerations of any key for 256 pods": () =>
    poison([spread("wide", 256)], {
      tolerations: fitting((index): V1Toleration => ({ operator: "Exists", key: `k${index}$(params.p)` })),
    }),
  "ways to place a pod, and a long node selector": () =>
    poison([spread("wide", 256)], {
      nodeSelector: Object.fromEntries(times(1500, index => [`k${index}`, "v"])),
      affinity: {
        nodeAffinity: {
          requiredDuringSchedulingIgnoredDuringExecution: {
            nodeSelectorTerms: times(100, index => ({
              matchExpressions: [{ key: `a${index}`, operator: "NotIn", values: ["$(params.p)"] }],
            })),
          },
        },
      },
    }),
  "expressions as many as fit, on one label": () =>
    poison([spread("wide", 256)], {
      affinity: {
        nodeAffinity: {
          requiredDuringSchedulingIgnoredDuringExecution: {
            nodeSelectorTerms: [
              {
                matchExpressions: fitting(index => ({
                  key: "a",
                  operator: "NotIn",
                  values: [`${index}$(params.p)`],
                })),
              },
            ],
          },
        },
      },
    }),
  "long params for each of 8,000 tasks": () =>
    poison(
      times(8000, index => ({
        ...spread(`t${index}`, 1),
        params: times(8, at => ({ name: `q${at}`, value: "x".repeat(20) })),
        matrix: { params: [{ name: "p", value: times(12, at => `${at}`) }] },
      })),
      { nodeSelector: { a: "$(params.p)", b: "$(params.q0)" } },
    ),
  "claims by param of many pods": () => {
    const volumes = times(900, index => ({
      name: `v${index}`,
      persistentVolumeClaim: { claimName: `c$(params.p)` },
    }));
    const { run, definitions } = poison(
      times(3000, index => ({
        name: `t${index}`,
        taskRef: { name: "big" },
        matrix: spread("", 100).matrix!,
      })),
      {},
    );
    const big = { params: [{ name: "p" }], steps: [{}], volumes } as object;
    return { run, definitions: { ...definitions, tasks: new Map([["big", big]]) } };
  },
};
