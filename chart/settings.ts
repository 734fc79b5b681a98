/** What chart and docs say about the operator's settings, all of it from the operator's own schema. */
import { z } from "zod";
import { SETTINGS } from "../capabilities/choices/settings";
import { markdownTable } from "../scripts/markdown";

export interface Setting {
  /** Environment variable behind POD_AFFINITY_. */
  variable: string;
  /** Below `settings` in the chart's values. */
  value: string;
  default: string | number;
  allowed: string;
  meaning: string;
}

const camelCase = (name: string): string =>
  name.toLowerCase().replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase());

/** The chart itself says where it is installed, and has values of its own for what is more than a word. */
export const SET_BY_THE_CHART = ["LEASE_NAMESPACE", "INSTALLATION", "PLACEHOLDER_TEMPLATE"];

export const settings: readonly Setting[] = Object.entries(SETTINGS)
  .filter(([variable]) => !SET_BY_THE_CHART.includes(variable))
  .map(([variable, schema]) => ({
    variable,
    value: camelCase(variable),
    default: schema.parse(undefined),
    allowed: String(schema.unwrap().meta()?.["allowed"]),
    meaning: schema.description!,
  }));

/** JSON Schema of the value `settings`. */
export function settingsSchema(): object {
  const properties = settings.map(({ variable, value }) => {
    const { $schema: _, ...schema } = z.toJSONSchema(SETTINGS[variable as keyof typeof SETTINGS], {
      target: "draft-7",
      // Beside what decides, only the words are kept.
      override: ({ jsonSchema }) => delete jsonSchema["allowed"],
    });
    return [value, schema];
  });
  return { type: "object", additionalProperties: false, properties: Object.fromEntries(properties) };
}

/** The section `settings` of values.yaml. */
export function settingsValues(): string {
  const lines = settings.flatMap(({ value, default: default_, allowed, meaning }) => [
    `  # ${meaning}`,
    `  # Allowed: ${allowed}`,
    `  ${value}: ${JSON.stringify(default_)}`,
  ]);
  return ["# The operator's settings.", "settings:", ...lines, ""].join("\n");
}

const HEAD = ["`settings.…`", "`POD_AFFINITY_…`", "default", "allowed", "meaning"];

/** The table of docs/settings.md. */
export function settingsTable(): string {
  const rows = settings.map(({ value, variable, default: default_, allowed, meaning }) => [
    ...[value, variable, default_].map(word => `\`${word}\``),
    ...[allowed, meaning],
  ]);
  return markdownTable(HEAD, rows);
}
