// How an exchange of several layers ended for one of them: what another layer's script has done to
// it says nothing about this one's.

import { SOURCE } from "../wire/response-sources.ts";
import type { Exchange } from "./exchange.ts";
import { type Layer, OuterLayer, outwards } from "./layer.ts";
import type { EndedExchange } from "./tally.ts";

export function endedIn(layer: Layer, exchange: Exchange): EndedExchange {
  const { hasRun, wasBusy, scriptFailure, options } = layer;
  const { error, destination, upstreamStatus } = exchange;
  const doer = doerOf(exchange);
  const isOthers = doer !== "" && doer !== layer.deployment?.tenant;
  const response = isOthers ? null : exchange.response;
  const own = { hasRun, wasBusy, scriptFailure, options };
  return { ...own, error, destination, upstreamStatus, response };
}

/** Whose script's the answer is, or the error in its place; empty: nobody's. */
function doerOf(exchange: Exchange): string {
  const { error, response, deployment } = exchange;
  if (error !== null && error.script !== "") return error.script;
  if (response?.source !== SOURCE.script) return "";
  const outer = outwards(exchange).find((one) => one instanceof OuterLayer && one.hasAnswered);
  return outer?.deployment?.tenant ?? deployment?.tenant ?? "";
}
