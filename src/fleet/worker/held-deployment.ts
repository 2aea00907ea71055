// A deployment that several states of its tenant share: a change of shares or upstreams makes a new
// tenant, and the versions in it keep their isolates. The last tenant to leave takes it down.

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
