import { expect, test } from "@jest/globals";
import { parse } from "yaml";
import { SETTINGS } from "../capabilities/choices/settings";
import { SET_BY_THE_CHART, settings, settingsSchema, settingsValues } from "./settings";

test("every setting has words for its meaning and for what is allowed", () => {
  const known = settings.map(({ variable }) => variable);
  expect([...known, ...SET_BY_THE_CHART].sort()).toEqual(Object.keys(SETTINGS).sort());
  for (const { meaning, allowed } of settings) {
    expect(meaning).toMatch(/\.$/);
    expect(allowed).not.toBe("undefined");
  }
});

test("values.yaml holds each default under the name that the schema knows", () => {
  const values = (parse(settingsValues()) as { settings: Record<string, unknown> }).settings;
  const { properties } = settingsSchema() as { properties: Record<string, { default: unknown }> };
  expect(Object.keys(values)).toEqual(Object.keys(properties));
  for (const [name, value] of Object.entries(values)) expect(value).toBe(properties[name]!.default);
});

/** As the template does: `snakecase | upper`. */
const variableOf = (value: string) => value.replace(/[A-Z]/g, letter => `_${letter}`).toUpperCase();

test("the chart's template finds the variable of each value", () => {
  for (const { value, variable } of settings) expect(variableOf(value)).toBe(variable);
});

test("no pattern needs what Helm's regular expressions do not have", () => {
  expect(JSON.stringify(settingsSchema())).not.toMatch(/\(\?[=!<]/);
});
