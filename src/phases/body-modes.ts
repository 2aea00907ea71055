// How the bodies of one exchange meet their hooks: as the script declares, unless a hook has said
// something else for this request or response (`session.bodies`).

import { SluiceError } from "../base/errors.ts";
import type { BodyModesSaid } from "../sandbox/call.ts";
import { PASSED_BODY } from "../wire/records.ts";
import type { BodyModes, Deployment } from "./deployment.ts";
import { type Exchange, hasHooks } from "./exchange.ts";
import { CHAIN } from "./table.ts";

/** PASSED_BODY also where the script has no hook for it. */
export function requestBodyMode(exchange: Exchange): number {
  if (!hasHooks(exchange, CHAIN.requestBody)) return PASSED_BODY;
  return exchange.bodies?.request ?? exchange.deployment?.bodies.request ?? PASSED_BODY;
}

/** PASSED_BODY also where the script has no hook for it. */
export function responseBodyMode(exchange: Exchange): number {
  if (!hasHooks(exchange, CHAIN.responseBody)) return PASSED_BODY;
  return exchange.bodies?.response ?? exchange.deployment?.bodies.response ?? PASSED_BODY;
}

/** With what a call has said. Throws script_result. */
export function withBodyModes(exchange: Exchange, said: BodyModesSaid): BodyModes {
  const { deployment } = exchange;
  const before = exchange.bodies ?? deployment?.bodies ?? AS_THEY_COME;
  const modes = {
    request: said.request === null ? before.request : kept(said.request, deployment),
    response: said.response === null ? before.response : kept(said.response, deployment),
  };
  // it was asked for as the client wants it: perhaps a part, perhaps in a coding that nobody knows
  const wasPassed = exchange.askedAsIs && hasHooks(exchange, CHAIN.responseBody);
  if (exchange.response !== null && wasPassed && modes.response !== PASSED_BODY) {
    const expected = 'expected response to stay "pass", as it was when the request was sent';
    throw new SluiceError("script_result", `session.bodies: ${expected}`);
  }
  return modes;
}

const AS_THEY_COME: BodyModes = { request: 0, response: 0 };

/** Never more than the tenant may have kept. */
function kept(bytes: number, deployment: Deployment | null): number {
  if (bytes <= 0) return bytes === 0 ? 0 : PASSED_BODY;
  return Math.min(bytes, deployment?.bodyBytesMax ?? bytes);
}
