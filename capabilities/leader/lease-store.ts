/** The one Lease, read and written. Every write is guarded by the version that was read. */
import type { V1Lease, V1LeaseSpec } from "@kubernetes/client-node";
import { V1MicroTime } from "@kubernetes/client-node";
import { APP_NAME } from "../keys";
import type { KubeClients } from "../kube/client";
import { ifThere } from "../kube/errors";

export class LeaseStore {
  constructor(
    private readonly clients: Pick<KubeClients, "coordination">,
    private readonly namespace: string,
  ) {}

  read(): Promise<V1Lease | undefined> {
    return ifThere(
      this.clients.coordination.readNamespacedLease({ namespace: this.namespace, name: APP_NAME }),
    );
  }

  /** @throws ApiException with code 409 when another was faster */
  create(holder: string, durationMilliseconds: number): Promise<V1Lease> {
    const { namespace } = this;
    const spec = heldFromNow(holder, durationMilliseconds, 0);
    return this.clients.coordination.createNamespacedLease({
      namespace,
      body: { metadata: { name: APP_NAME, namespace }, spec },
    });
  }

  /** @throws ApiException with code 409 when another was faster */
  take(seen: V1Lease, holder: string, durationMilliseconds: number): Promise<V1Lease> {
    const transitions = (seen.spec?.leaseTransitions ?? 0) + 1;
    return this.#replace(seen, heldFromNow(holder, durationMilliseconds, transitions));
  }

  /** @throws ApiException with code 409 when another has taken it */
  renew(seen: V1Lease, durationMilliseconds: number): Promise<V1Lease> {
    const { holderIdentity, leaseTransitions, acquireTime } = seen.spec!;
    const renewed = heldFromNow(holderIdentity!, durationMilliseconds, leaseTransitions ?? 0);
    return this.#replace(seen, { ...renewed, acquireTime });
  }

  /** Gives it back: whoever looks next may take it. */
  giveBack(seen: V1Lease): Promise<V1Lease> {
    return this.#replace(seen, { ...seen.spec, holderIdentity: "", leaseDurationSeconds: 1 });
  }

  #replace(seen: V1Lease, spec: V1LeaseSpec): Promise<V1Lease> {
    const { namespace, name, resourceVersion } = seen.metadata!;
    return this.clients.coordination.replaceNamespacedLease({
      namespace: namespace!,
      name: name!,
      body: { metadata: { namespace, name, resourceVersion }, spec },
    });
  }
}

function heldFromNow(
  holderIdentity: string,
  durationMilliseconds: number,
  leaseTransitions: number,
): V1LeaseSpec {
  const now = new V1MicroTime();
  const leaseDurationSeconds = Math.round(durationMilliseconds / 1000);
  return { holderIdentity, leaseDurationSeconds, leaseTransitions, acquireTime: now, renewTime: now };
}
