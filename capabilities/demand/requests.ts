/** The demand that people state themselves, for a run whose pipeline says too little or too much. */
import { MOST_RESOURCES } from "./limits";
import { parseQuantity, type Resources } from "./resources";

/** A name as Kubernetes has them for resources: cpu, memory, hugepages-2Mi, nvidia.com/gpu. */
const RESOURCE_NAME =
  /^([a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?\/)?[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$/;
const FORM = 'allowed is a list such as "cpu=4,memory=8Gi,nvidia.com/gpu=1"';

const quoted = (text: string): string => JSON.stringify(text.slice(0, 100));

export class InvalidRequests extends Error {
  constructor(message: string) {
    super(message);
    this.name = "InvalidRequests";
  }
}

/**
 * Reads a list such as `cpu=4,memory=8Gi`.
 *
 * @throws InvalidRequests, or InvalidQuantity for an amount
 */
export function parseRequests(text: string): Resources {
  const amounts = new Map<string, number>();
  const parts = text.split(",");
  if (parts.length > MOST_RESOURCES) {
    throw new InvalidRequests(
      `it has ${parts.length} resources, where ${MOST_RESOURCES} are allowed; ${FORM}`,
    );
  }
  for (const part of parts.map(item => item.trim())) {
    const [, name, quantity] = /^([^=]*)=(.*)$/s.exec(part) ?? [];
    if (name === undefined || quantity === undefined) {
      throw new InvalidRequests(`${quoted(part)} is not a resource with its amount; ${FORM}`);
    }
    const resource = name.trim();
    if (!RESOURCE_NAME.test(resource)) {
      throw new InvalidRequests(`${quoted(resource)} is not the name of a resource; ${FORM}`);
    }
    if (amounts.has(resource)) {
      throw new InvalidRequests(`${resource} is stated twice; each resource may be stated once`);
    }
    amounts.set(resource, parseQuantity(resource, quantity.trim()));
  }
  return Object.fromEntries(amounts);
}
