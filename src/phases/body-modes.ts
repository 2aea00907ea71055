// How the bodies of one exchange meet their hooks: as the script declares, unless a hook has said
// something else for this request or response (`session.bodies`).

import { SluiceError } from "../base/errors.ts";
import type { BodyModesSaid } from "../sandbox/call.ts";
import { PASSED_BODY } from "../wire/records.ts";
import { SOURCE } from "../wire/response-sources.ts";
import type { BodyModes, Deployment } from "./deployment.ts";
import type { Exchange } from "./exchange.ts";
import type { Layer } from "./layer.ts";
import { CHAIN } from "./table.ts";

/** PASSED_BODY also where the layer's script has no hook for it. */
export function requestBodyMode(layer: Layer): number {
  if (!layer.hasHooks(CHAIN.requestBody)) return PASSED_BODY;
  return layer.bodies?.request ?? layer.deployment?.bodies.request ?? PASSED_BODY;
}

/** PASSED_BODY also where the layer's script has no hook for it. */
export function responseBodyMode(layer: Layer): number {
  if (!layer.hasHooks(CHAIN.responseBody)) return PASSED_BODY;
  return layer.bodies?.response ?? layer.deployment?.bodies.response ?? PASSED_BODY;
}

/** Whether the body meets hooks, of this layer or of one around it. */
export function filtersRequest(innermost: Layer): boolean {
  if (requestBodyMode(innermost) !== PASSED_BODY) return true;
  return innermost.outer !== null && filtersRequest(innermost.outer);
}

/** Whether the body meets hooks, of this layer or of one around it. */
export function filtersResponse(innermost: Layer): boolean {
  if (responseBodyMode(innermost) !== PASSED_BODY) return true;
  return innermost.outer !== null && filtersResponse(innermost.outer);
}

/** With what a call of the layer's has said. Throws script_result. */
export function withBodyModes(exchange: Exchange, layer: Layer, said: BodyModesSaid): BodyModes {
  const { deployment } = layer;
  const before = layer.bodies ?? deployment?.bodies ?? AS_THEY_COME;
  const modes = {
    request: said.request === null ? before.request : kept(said.request, deployment),
    response: said.response === null ? before.response : kept(said.response, deployment),
  };
  // it was asked for as the client wants it: perhaps a part, perhaps in a coding that nobody knows
  const isUpstreams = exchange.response?.source === SOURCE.upstream;
  const wasPassed = isUpstreams && exchange.askedAsIs && layer.hasHooks(CHAIN.responseBody);
  if (wasPassed && modes.response !== PASSED_BODY) {
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
