const { moduleNameMapper } = require("./scripts/bundled-packages.cjs");

/** @type {import("jest").Config} */
module.exports = {
  testEnvironment: "node",
  // The command for people is built as a package of its own, of the same name.
  modulePathIgnorePatterns: ["<rootDir>/dist/"],
  // For a machine that is busy: nothing here is timed.
  testTimeout: 60_000,
  testMatch: [
    "<rootDir>/{capabilities,chart,testbed,e2e,demo,preview,cli,pictures,scripts,soak,bench}/**/*.test.ts",
  ],
  globalSetup: "<rootDir>/scripts/bundled-packages.cjs",
  moduleNameMapper,
  transform: {
    "^.+\\.ts$": ["@swc/jest", { jsc: { target: "es2022", parser: { syntax: "typescript" } } }],
  },
};
