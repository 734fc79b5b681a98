import tseslint from "typescript-eslint";

/** What a folder of capabilities/ may import from, besides itself and keys.ts: imports go one way, downwards. */
const MAY_IMPORT = {
  admission: ["kube", "placement", "choices", "tekton"],
  controller: [
    "leader",
    "store",
    "metrics",
    "kube",
    "phases",
    "placement",
    "room",
    "choices",
    "demand",
    "tekton",
  ],
  leader: ["kube", "server", "choices"],
  server: ["metrics"],
  store: ["kube", "metrics", "phases", "placement", "tekton"],
  kube: ["metrics", "phases", "placement", "room", "demand", "tekton"],
  phases: ["placement", "room", "choices", "demand", "tekton"],
  placement: ["room", "choices", "demand", "tekton"],
  room: ["choices", "demand", "tekton"],
  choices: ["demand"],
  demand: ["tekton"],
  tekton: [],
  metrics: [],
};
const FOLDERS = Object.keys(MAY_IMPORT);

const directions = FOLDERS.map(folder => {
  const above = FOLDERS.filter(other => other !== folder && !MAY_IMPORT[folder].includes(other));
  const group = above.flatMap(other => [`../${other}/*`, `../../${other}/*`]);
  const message = `capabilities/${folder} may import from ${MAY_IMPORT[folder].join(", ") || "no other folder"}.`;
  return {
    files: [`capabilities/${folder}/**/*.ts`],
    ignores: ["**/*.test.ts"],
    rules: { "no-restricted-imports": ["error", { patterns: [{ group, message }] }] },
  };
});

export default tseslint.config(
  { ignores: ["dist/", "node_modules/", ".testbed/"] },
  ...tseslint.configs.recommended,
  {
    files: ["**/*.ts"],
    languageOptions: {
      parserOptions: { project: "tsconfig.all.json", tsconfigRootDir: import.meta.dirname },
    },
    rules: {
      "@typescript-eslint/no-floating-promises": "error",
      // A leading underscore says: taken out of an object on purpose, not used.
      "@typescript-eslint/no-unused-vars": ["error", { varsIgnorePattern: "^_", argsIgnorePattern: "^_" }],
    },
  },
  ...directions,
  { files: ["jest.config.js", "**/*.cjs"], rules: { "@typescript-eslint/no-require-imports": "off" } },
);
