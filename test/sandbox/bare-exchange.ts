// An exchange and its deployment, and nothing around them: for tests of lanes.

import { type Deployment, unexplained } from "../../src/phases/deployment.ts";
import { type CallNotes, Exchange } from "../../src/phases/exchange.ts";
import { VersionHealth } from "../../src/phases/version-health.ts";
import type { Lane } from "../../src/sandbox/call.ts";
import { NO_SERVICES } from "../support/services.ts";

export interface AskedOf {
  readonly target: string;
  readonly headers: string;
}

export const deploymentOf = (lane: Lane, hooks: number): Deployment => ({
  ...{ tenant: "t", tenantId: "t", name: "v1", hooks, lane, failOpen: false, bodyBytesMax: 1 },
  ...{ bodies: { request: 0, response: 0 }, health: VersionHealth.disabled() },
  ...{ explain: unexplained, log: () => {}, redact: String, observe: () => {} },
  countFailure: () => {},
});

export const exchangeOf = (
  { target, headers }: AskedOf,
  deployment: Deployment,
  callNotes: CallNotes | null,
): Exchange =>
  new Exchange({
    ...{ id: "id-1", startMs: 1_764_000_000_000.5, version: "1.1", states: null, meter: null },
    client: { address: "192.0.2.1", port: 4321, tlsText: "" },
    ...{ host: "a.example", authority: "a.example", tenant: "t", outer: null, method: "GET" },
    ...{ ...NO_SERVICES, mayHaveTrailers: false, deployment, target, headers, callNotes },
  });
