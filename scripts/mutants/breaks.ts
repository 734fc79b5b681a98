/** The ways in which the operator is broken, one at a time. */
export interface Mutant {
  name: string;
  file: string;
  /** Stands exactly once in the file. */
  find: string;
  replace: string;
}

export const MUTANTS: Mutant[] = [
  {
    name: "an earlier run's claims go with a run",
    file: "capabilities/placement/made-claims.ts",
    find: "uid === run.metadata!.uid",
    replace: "uid !== undefined",
  },
  {
    name: "claims that others use are torn from them",
    file: "capabilities/kube/claim-writes.ts",
    find: "!used.has(nameOf(claim))",
    replace: "used.size >= 0",
  },
  {
    name: "a custom task is over as soon as it begins",
    file: "capabilities/room/progress.ts",
    find: "({ count, customRuns = 0 }: PlannedTask): number => count + customRuns;",
    replace: "({ count }: PlannedTask): number => count;",
  },
  {
    name: "what a resolver brings is never counted",
    file: "capabilities/phases/rows/recounted.ts",
    find: "when: ({ learned }) => learned.length > 0,",
    replace: "when: ({ learned }) => learned.length < 0,",
  },
  {
    name: "what a resolver brings is counted again and again",
    file: "capabilities/room/learned.ts",
    find: "return isUnknown === true && !learned.includes(task.name) ? task : known;",
    replace: "return isUnknown === true ? task : known;",
  },
  {
    name: "a placeholder is shrunk before its container runs",
    file: "capabilities/phases/sight.ts",
    find: "if (hasTold) return 0;",
    replace: "if (hasTold || this.pod !== undefined) return 0;",
  },
  {
    name: "a run starts on a full node before its room is free",
    file: "capabilities/phases/rows/release.ts",
    find: "!findRoomBeside(pod!, reservation, observed.nodeRoom)",
    replace: "!findRoomBeside(pod!, reservation, undefined && observed.nodeRoom)",
  },
  {
    name: "no affinity term",
    file: "capabilities/admission/co-location.ts",
    find: "if (placeholder === undefined || isPlaceholderPod(pod)) return undefined;",
    replace: "if (placeholder !== undefined || isPlaceholderPod(pod)) return undefined;",
  },
  {
    name: "the term appended twice",
    file: "capabilities/admission/co-location.ts",
    find: "if (requiredPodTerms(affinity).some(term => isTermFor(term, placeholder))) return undefined;",
    replace:
      "if (requiredPodTerms(affinity).some(term => isTermFor(term, placeholder + placeholder))) return undefined;",
  },
  {
    name: "release before the placeholder is bound",
    file: "capabilities/phases/phase.ts",
    find: 'if (pod?.spec?.nodeName) return isResizing(pod) ? "handing over" : "anchored";',
    replace: 'if (pod) return isResizing(pod) ? "handing over" : "anchored";',
  },
  {
    name: "no clean-up",
    file: "capabilities/phases/rows/over.ts",
    find: 'step: seen => ({ kind: "delete-placeholder", why: reasonFor(seen) }),',
    replace: 'step: seen => ({ kind: "none", why: reasonFor(seen) }),',
  },
  {
    name: "clean-up while pods are active",
    file: "capabilities/phases/rows/over.ts",
    find: "when: ({ activePods }) => activePods.length > 0,",
    replace: "when: ({ activePods }) => activePods.length < 0,",
  },
  {
    name: "anti-affinity off",
    file: "capabilities/placement/placeholder-affinity.ts",
    find: 'placing.isolation === "required" ? [...required, isolation] : required,',
    replace: "required,",
  },
  {
    name: "no affinity of the placeholder to its run's pods",
    file: "capabilities/placement/placeholder-affinity.ts",
    find: "return { topologyKey, labelSelector: { matchLabels: { [PLACEHOLDER_LABEL]: name } } };",
    replace:
      'return { topologyKey, labelSelector: { matchLabels: { "app.kubernetes.io/instance": name } } };',
  },
  {
    name: 'the value "false" opts in',
    file: "capabilities/admission/admit.ts",
    find: "return optInOf(run) === OPTED_IN;",
    replace: "return optInOf(run) !== undefined;",
  },
  {
    name: "a hold lifted that was not ours",
    file: "capabilities/tekton/objects.ts",
    find: "return isPending(run) && run.metadata?.labels?.[HELD_LABEL] === HELD;",
    replace: "return isPending(run);",
  },
  {
    name: "a StatefulSet taken for ours that is not",
    file: "capabilities/phases/observed.ts",
    find: 'if (!hasOurLabels) return "foreign";',
    replace: "",
  },
  {
    name: "no room is kept for what is to come",
    file: "capabilities/room/reservation.ts",
    find: "difference(neededBy(reservation, progress), progress.held)",
    replace: "difference({}, progress.held)",
  },
  {
    name: "the first tasks get no room before release",
    file: "capabilities/phases/sight.ts",
    find: "return exceeds(resizable(this.asked), this.size).length > 0;",
    replace: 'return this.stage === "placed" && exceeds(resizable(this.asked), this.size).length > 0;',
  },
  {
    name: "a growth that was refused is asked for again at once",
    file: "capabilities/phases/growth.ts",
    find: "Math.max(0, refused + settings.GROWTH_RETRY_SECONDS * 1000 - now.getTime())",
    replace: "Math.min(0, refused + settings.GROWTH_RETRY_SECONDS * 1000 - now.getTime())",
  },
  {
    name: "a shrink waits for a growth of something else",
    file: "capabilities/phases/rows/hand-over.ts",
    find: "const down = minimum(size, resizable(asked));",
    replace: "const down = exceeds(size, asked).length > 0 ? resizable(asked) : size;",
  },
  {
    name: "a pod is made again for what a LimitRange put into it",
    file: "capabilities/room/reservation.ts",
    find: "!isResizable(name) && amountOf(ask, name) > 0",
    replace: "!isResizable(name) && ask !== undefined",
  },
  {
    name: "the floor is not given up",
    file: "capabilities/room/yielding.ts",
    find: "if (patient.some(pod => isWaitingFor(pod, name))) return 0;",
    replace: "",
  },
  {
    name: "a run is moved while its pods are on the node",
    file: "capabilities/phases/moving.ts",
    find: "if (own.pods.some(hasNode)) return undefined;",
    replace: "",
  },
  {
    name: "a refused resize is taken for a change meanwhile",
    file: "capabilities/kube/errors.ts",
    find: "if (status === 403 || status === 405) return true;",
    replace: "",
  },
  {
    name: "a claim for one pod only is taken by the placeholder",
    file: "capabilities/placement/volumes.ts",
    find: "if (claim.spec?.accessModes?.includes(READ_WRITE_ONCE_POD) && !hasPlace) {",
    replace: "if (claim.spec?.accessModes?.includes(READ_WRITE_ONCE_POD + READ_WRITE_ONCE_POD)) {",
  },
  {
    name: "no word of classes that bind at once",
    file: "capabilities/placement/volumes.ts",
    find: '(storageClass.volumeBindingMode ?? "Immediate") === "Immediate"',
    replace: '(storageClass.volumeBindingMode ?? "Later") === "Immediate"',
  },
  {
    name: "taints do not count",
    file: "capabilities/placement/never-fits.ts",
    find: "isSelected(node, pod.spec!) && isTolerated(node, pod.spec!)",
    replace: "isSelected(node, pod.spec!)",
  },
  {
    name: "on-timeout applies at once, whatever the setting says",
    file: "capabilities/phases/table.ts",
    find: 'if (settings.ON_NEVER_FITS === "wait") return told;',
    replace: "",
  },
  {
    name: "a run is split by the move of its placeholder",
    file: "capabilities/phases/rows/replacement.ts",
    find: "(seen.record.pinnedTo !== undefined || tying(seen).length === 0)",
    replace: "(seen.record.pinnedTo !== undefined || tying(seen).length >= 0)",
  },
  {
    name: "a cordon is not seen",
    file: "capabilities/placement/node-state.ts",
    find: "if (spec?.unschedulable === true) state.isUnschedulable = true;",
    replace: "",
  },
  {
    name: "a node is left while pods of the run are there",
    file: "capabilities/phases/rows/move.ts",
    find: "seen.trouble !== undefined && tying(seen).length === 0 &&",
    replace: "seen.trouble !== undefined &&",
  },
  {
    name: "a withdrawn growth is taken for a refused shrink",
    file: "capabilities/room/kubelet-answer.ts",
    find: "observedGeneration >= (metadata?.generation ?? 0);",
    replace: "(metadata?.generation ?? 0) >= 0;",
  },
  {
    name: "the first container is taken for the placeholder's",
    file: "capabilities/room/placeholder-size.ts",
    find: "return spec?.containers.find(({ name }) => name === PLACEHOLDER_COMPONENT);",
    replace: "return spec?.containers[0];",
  },
  {
    name: "the first container is patched",
    file: "capabilities/room/placeholder-size.ts",
    find: "return spec?.containers.findIndex(({ name }) => name === PLACEHOLDER_COMPONENT) ?? -1;",
    replace: "return spec?.containers.findIndex(() => true) ?? -1;",
  },
  {
    name: "an older event undoes a newer write",
    file: "capabilities/store/entry-changes.ts",
    find: "if (before !== undefined && before.version >= version) {",
    replace: "if (before !== undefined && before.version === version) {",
  },
  {
    name: "what is gone comes back",
    file: "capabilities/store/store.ts",
    find: "} else if (!this.#tombstones.has(object)) {",
    replace: "} else {",
  },
  {
    name: "a list takes nothing out",
    file: "capabilities/store/store.ts",
    find: "if (known.round < round)",
    replace: "if (known.round < 0)",
  },
  {
    name: "what is over stays",
    file: "capabilities/store/store.ts",
    find: "if (!isOver(entry)) return;",
    replace: "if (entry.statefulSet.size >= 0) return;",
  },
  {
    name: "a whole spec is kept, however long",
    file: "capabilities/store/slim-run.ts",
    find: "const keep = isHeld && isAll && isShort;",
    replace: "const keep = isHeld && isAll;",
  },
  {
    name: "a placeholder is deleted without a fresh read",
    file: "capabilities/controller/guards.ts",
    find: "if (active.length === 0) return;",
    replace: "if (active.length >= 0) return;",
  },
  {
    name: "what a fresh read showed is told as a fault",
    file: "capabilities/controller/failure.ts",
    find: "error instanceof Outdated || isOutdated(error)",
    replace: "isOutdated(error)",
  },
  {
    name: "a failed step escapes the placement-timeout",
    file: "capabilities/phases/table.ts",
    find: "isHeld && run !== undefined ? withinTimeout(run, step, now) : step",
    replace: "step",
  },
  {
    name: "an old Event tells of the pod that is missing now",
    file: "capabilities/phases/refusal.ts",
    find: "seconds(at) >= Math.floor(withoutPodSince(observed));",
    replace: "seconds(at) >= 0 && observed !== undefined;",
  },
  {
    name: "a Pipeline's topology-key counts after release",
    file: "capabilities/admission/co-location.ts",
    find: 'annotations[WITHIN_ANNOTATION] ?? choicesOf(annotations)["topology-key"]',
    replace: 'choicesOf(annotations)["topology-key"]',
  },
  {
    name: "a denied write is taken for a change meanwhile",
    file: "capabilities/kube/errors.ts",
    find: "return !isDenied(text) && ",
    replace: "return ",
  },
  {
    name: "where nothing runs, no resync comes about",
    file: "capabilities/kube/pages.ts",
    find: "page.items?.forEach",
    replace: "page.items!.forEach",
  },
  {
    name: "a pod is made of a StatefulSet whose spec has changed since",
    file: "capabilities/controller/made-lately.ts",
    find: "made?.metadata!.generation === metadata!.generation ? made",
    replace: "metadata!.generation !== undefined ? made",
  },
  {
    name: "a run is looked at once for each of what is told of it at a time",
    file: "capabilities/controller/work-queue.ts",
    find: "    this.#startSoon();\n",
    replace: "    this.#startWorkers();\n",
  },
  {
    name: "a resync reads each run afresh whose StatefulSet has another status",
    file: "capabilities/store/entry-changes.ts",
    find: 'if (place !== "statefulSet") return false;',
    replace: "return false;",
  },
  {
    name: "a placeholder that was made as its run ended is taken for one whose run is gone",
    file: "capabilities/store/entry-changes.ts",
    find: 'if (place === "statefulSet" && entry.run.size === 0)',
    replace: 'if (place === "statefulSet" && entry.run.size < 0)',
  },
  {
    name: "a resync does not miss a run of which nothing but its placeholder is known",
    file: "capabilities/store/compare.ts",
    find: '(["run", "statefulSet"] as const)',
    replace: '(["run"] as const)',
  },
  {
    name: "a resync does not wait for watches that catch up",
    file: "capabilities/store/compare.ts",
    find: "left.length === before ? quiet + 1 : 0",
    replace: "quiet + 1",
  },
  {
    name: "Events are read of a pod that nobody has tried to make yet",
    file: "capabilities/controller/reconcile.ts",
    find: " && !this.#isPodToBeTried(observed, now)",
    replace: "",
  },
  {
    name: "of what is left of a run that is over its choices are asked",
    file: "capabilities/store/stranded.ts",
    find: "if (!hasRunOrPlaceholder(here.entry)) return undefined;",
    replace: "if (here.entry.run.size < 0 && hasRunOrPlaceholder(here.entry)) return undefined;",
  },
  {
    name: "a connection on which no request has begun is answered by 408",
    file: "capabilities/server/https-server.ts",
    find: "isLate && socket.bytesRead === 0",
    replace: "isLate && socket.bytesRead < 0",
  },
];
