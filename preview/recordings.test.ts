/**
 * Where the placeholder of each recorded run may go, against its pods as a real Tekton made them: their node selectors
 * together, the tolerations that all have, and every claim that was there before the run. What they ask for is held in
 * capabilities/demand/recordings.test.ts.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "@jest/globals";
import type { V1Toleration } from "@kubernetes/client-node";
import { commonTolerations } from "../capabilities/placement/templates/tolerations";
import { claimsIn } from "../capabilities/placement/volumes";
import { previewOfText } from "./testing";

/** Of a pod; without the tolerations that Kubernetes gives to each, and without claims that were made for the run. */
interface RecordedPod {
  nodeSelector?: Record<string, string>;
  tolerations?: V1Toleration[];
  claims?: string[];
}

const directories = [
  join(__dirname, "../capabilities/demand/recorded"),
  join(__dirname, "../testbed/tekton-stand-in/recordings"),
];
const inputs = directories.flatMap(directory =>
  readdirSync(directory)
    .filter(file => file.endsWith(".yaml"))
    .map(file => ({ name: file.slice(0, -".yaml".length), path: join(directory, file) })),
);
/** Those that have any of it. */
const places = JSON.parse(readFileSync(join(directories[0]!, "places.json"), "utf8")) as Record<
  string,
  RecordedPod[]
>;

/** Tekton refuses it, so it has no pods. */
const REFUSED = "resources-in-pipeline";
/** Beside a placeholder, which a run without the operator has not. */
const PROBLEMS: Record<string, RegExp> = {
  "pod-template-scheduling": /topologySpreadConstraints of plain .* counts the run's own placeholder/,
};

describe("the placeholder of a recorded run may go where its pods may", () => {
  test.each(inputs.filter(({ name }) => name !== REFUSED))("$name", ({ name, path }) => {
    const pods = places[name] ?? [];
    const { placeholder, notes, problems } = previewOfText(readFileSync(path, "utf8"));
    const { nodeSelector, tolerations, volumes } = placeholder!.spec!.template.spec!;
    const expected = Object.hasOwn(PROBLEMS, name) ? [expect.stringMatching(PROBLEMS[name]!)] : [];
    expect(problems).toEqual(expected);
    expect(nodeSelector).toEqual(Object.assign({}, ...pods.map(pod => pod.nodeSelector ?? {})));
    expect(tolerations).toEqual(commonTolerations(pods.map(pod => pod.tolerations ?? [])));
    const claims = [...new Set(pods.flatMap(pod => pod.claims ?? []))];
    const [unread, read] = [true, false].map(is => claims.filter(claim => claim.includes("$(") === is));
    expect(claimsIn(volumes).sort()).toEqual(read!.sort());
    for (const claim of unread!) expect(notes.join(" ")).toContain(`The claim ${claim} is not looked at`);
  });

  test("59 runs were recorded", () => {
    expect(inputs).toHaveLength(59);
    expect(inputs.map(({ name }) => name)).toEqual(expect.arrayContaining(Object.keys(places)));
  });
});
