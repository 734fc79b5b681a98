// Packages that ship ES modules only, which jest has to transform.
const esModules = [
  "@kubernetes/client-node",
  "kubernetes-fluent-client",
  "openid-client",
  "oauth4webapi",
  "jose",
];

/** @type {import("jest").Config} */
module.exports = {
  testEnvironment: "node",
  // For a machine that is busy: nothing here is timed.
  testTimeout: 60_000,
  testMatch: ["<rootDir>/{capabilities,chart,testbed,e2e,demo,preview,scripts,soak,bench}/**/*.test.ts"],
  transform: {
    "^.+\\.[jt]s$": ["@swc/jest", { jsc: { target: "es2022", parser: { syntax: "typescript" } } }],
  },
  transformIgnorePatterns: [`/node_modules/(?!(${esModules.join("|")})/)`],
};
