/** A short soak: faults, and everybody's hands in the cluster, at once. */
import { expect, test } from "@jest/globals";
import { reportLines, unexercised } from "../soak/report";
import { soak } from "../soak/soak";
import { START_MILLISECONDS } from "./operated-cluster";

const OPTIONS = { seed: 1, minutes: 0.75, runs: 60 };

test(
  "nothing that the operator promises is broken in a short soak",
  async () => {
    const lines: string[] = [];
    const findings = await soak(OPTIONS, line => lines.push(line));
    console.info([...lines, ...reportLines(findings)].join("\n"));
    expect(findings.violations).toEqual([]);
    expect([...findings.problems]).toEqual([]);
    expect(unexercised(findings).map(({ name }) => name)).toEqual([]);
  },
  START_MILLISECONDS,
);
