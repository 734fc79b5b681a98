/**
 * What kube-scheduler says of a pod without a node, in plain words. Its message is one of framework/types.go (FitError):
 * `0/3 nodes are available: 1 Insufficient cpu, 2 node(s) didn't match pod anti-affinity rules. preemption: …`.
 */

export interface Obstacle {
  /** Of how many nodes it is said. */
  nodes: number;
  means: string;
  todo: string;
}

interface Words {
  says: RegExp;
  /** Behind "1 has" and "2 have". */
  means: (match: RegExpExecArray) => string;
  todo: string;
}

/** Of plugins of kube-scheduler's; the first that matches counts. */
const WORDS: readonly Words[] = [
  {
    says: /pod anti-affinity rules|existing pods anti-affinity rules/,
    means: () => "another run, which it is kept apart from",
    todo:
      "Wait for one of those runs to end, add a node, or let runs share one: annotation " +
      "pod-affinity.tekton.dev/isolation: preferred, on a new run.",
  },
  {
    says: /Insufficient (\S+)/,
    means: ([, resource]) => `too little ${resource} free`,
    todo:
      "Wait for others to end, add a node, or let the run ask for less: smaller requests of its tasks, or the " +
      "annotation pod-affinity.tekton.dev/requests.",
  },
  {
    says: /untolerated taint/,
    means: () => "a taint that it does not tolerate",
    todo: "Give the run's pod template a toleration, or take the taint off a node (kubectl describe node NAME).",
  },
  {
    says: /were unschedulable/,
    means: () => "been cordoned",
    todo: "kubectl uncordon NODE, or add a node.",
  },
  {
    says: /volume node affinity conflict/,
    means: () => "no access to a volume of the run",
    todo: "Free or add a node where that volume is (kubectl describe persistentvolumeclaim NAME).",
  },
  {
    says: /exceed max volume count/,
    means: () => "no more room for volumes",
    todo: "Wait for others to end, or add a node.",
  },
  {
    says: /unbound immediate PersistentVolumeClaims/,
    means: () => "to wait for a volume that is not made yet",
    todo: "See why the claim has none (kubectl describe persistentvolumeclaim NAME).",
  },
  {
    says: /Pod's node affinity\/selector|NodeAffinity|node selector/,
    means: () => "not the labels that its node selector or affinity asks for",
    todo: "Change the run's pod template, or label a node.",
  },
  {
    says: /pod affinity rules/,
    means: () => "not the pods that it has to be with",
    todo: "Wait: it follows them. What they are, its pod's affinity says.",
  },
  {
    says: /[Tt]oo many pods/,
    means: () => "no more room for pods",
    todo: "Wait for others to end, or add a node.",
  },
];

const ALL = /^0\/(\d+) nodes are available: (.*?)\.?$/s;
const ONE = /^(\d+) (.*)$/s;

/** Taints hold commas of their own, so a new reason begins with a number. */
const split = (reasons: string): string[] => reasons.split(/, (?=\d+ )/);

/**
 * What it says of evicting others, and of devices that it could free, concerns nobody: for placeholders it does neither.
 * That is put behind the reasons by its plugins DynamicResources and DefaultPreemption.
 */
export const withoutPreemption = (message: string): string =>
  message.replace(/ (?:no new claims to deallocate,?|preemption: ).*$/s, "");

/** Each reason of a message; none when it is not one of these, or there is no node at all. */
export function obstaclesIn(message: string): Obstacle[] {
  const all = ALL.exec(withoutPreemption(message).trim());
  if (all === null) return [];
  return split(all[2]!).flatMap(reason => {
    const one = ONE.exec(reason);
    if (one === null) return [];
    const [, nodes, text] = one;
    for (const { says, means, todo } of WORDS) {
      const match = says.exec(text!);
      if (match !== null)
        return [{ nodes: Number(nodes), means: `${nodes === "1" ? "has" : "have"} ${means(match)}`, todo }];
    }
    return [];
  });
}
