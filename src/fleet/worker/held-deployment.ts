// Counts who holds a deployment. A change of shares or upstreams makes a new tenant, and the
// versions in it keep their isolates: so several states of a tenant share a deployment, and the
// last one to leave disposes of it.

import type { Deployment } from "../../phases/deployment.ts";

export class HeldDeployment {
  readonly deployment: Deployment;
  #holders = 0;

  constructor(deployment: Deployment) {
    this.deployment = deployment;
  }

  hold(): this {
    this.#holders++;
    return this;
  }

  giveBack(): void {
    this.#holders--;
    if (this.#holders === 0) this.deployment.lane.dispose();
  }
}
