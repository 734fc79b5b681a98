/** How runs are named among all. */

/** A run by namespace and name. */
export interface RunKey {
  namespace: string;
  name: string;
}

/** A key that no other run has: neither a namespace's name nor a run's has a slash in it. */
export const asText = ({ namespace, name }: RunKey): string => `${namespace}/${name}`;

export function fromText(text: string): RunKey {
  const [namespace, name] = text.split("/");
  return { namespace: namespace!, name: name! };
}
