/** What processes of the operator answer at /metrics. */
import { request } from "node:https";
import { samplesIn, type Sample } from "./metrics";
import type { Component, Operator } from "./operator";

export interface Answer {
  status: number;
  text: string;
}

/** @throws Error while nobody listens there */
export function answerAt(port: number, path: string): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const sent = request({ port, path, rejectUnauthorized: false, agent: false }, response => {
      let text = "";
      response.on("data", (chunk: Buffer) => (text += chunk.toString()));
      response.on("end", () => resolve({ status: response.statusCode!, text })).on("error", reject);
    });
    sent.on("error", reject).end();
  });
}

/** @returns the text of one process */
export const metricsAt = async (port: number): Promise<string> => (await answerAt(port, "/metrics")).text;

/** @returns one text for each process that runs */
export function scrapeAll({ kubelet }: Operator, component: Component): Promise<string[]> {
  const pods = kubelet.pods().filter(({ pod }) => pod.spec!.containers[0]!.name === component);
  return Promise.all(pods.map(({ port }) => metricsAt(port)));
}

/** Over all processes, the sum of the samples of a name that have these labels. */
export function total(
  answers: readonly string[],
  name: string,
  labels: Readonly<Record<string, string>> = {},
): number {
  const isMeant = (sample: Sample): boolean =>
    sample.name === name && Object.entries(labels).every(([key, value]) => sample.labels[key] === value);
  return answers
    .flatMap(samplesIn)
    .filter(isMeant)
    .reduce((sum, { value }) => sum + value, 0);
}
