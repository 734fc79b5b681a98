/**
 * Keeps pepr from using its PeprStore, in which this module stores nothing. Import it before pepr.
 *
 * Without this a process serves only once it has read, patched, listed and watched an object of its own in
 * the namespace `pepr-system`, whatever namespace it runs in: a CustomResourceDefinition, five permissions
 * and a start that depends on the API server. Pepr offers no setting for it, so the store that it is given
 * is one that is empty and never changes.
 */
import { EventEmitter } from "node:events";
import * as client from "kubernetes-fluent-client";

const EMPTY = { metadata: { name: "empty" }, data: {} };

/** The part of the client that pepr's StoreController calls. */
const emptyStore = {
  InNamespace: () => emptyStore,
  Get: async () => EMPTY,
  Patch: async () => EMPTY,
  Watch: (receive: (store: typeof EMPTY) => void) => ({
    events: new EventEmitter(),
    start: async () => receive(EMPTY),
  }),
};

const isStore = (model: unknown): boolean => typeof model === "function" && model.name === "Store";

const loaded = require.cache[require.resolve("kubernetes-fluent-client")];
if (loaded === undefined) throw new Error("kubernetes-fluent-client is not loaded as a CommonJS module");
loaded.exports = {
  ...client,
  K8s: (...args: Parameters<typeof client.K8s>) => (isStore(args[0]) ? emptyStore : client.K8s(...args)),
};
