// Passes trailers on. A trailer is dropped if the configuration or a script has set or removed
// that name in the head: a receiver that merges trailers into the head would find there what was
// removed, or another value. Names that no trailer may have are dropped before
// (http1/trailers.ts).

import { filtersRequest, filtersResponse } from "../phases/body-modes.ts";
import type { Exchange } from "../phases/exchange.ts";
import { removeMatching } from "../wire/headers.ts";
import { foldedName } from "../wire/lookalikes.ts";
import type { Route } from "./policy/route.ts";
import { DIGESTS } from "./repair.ts";

/** Those of the request that the origin gets. */
export function requestTrailers(trailers: string, exchange: Exchange, route: Route | null): string {
  if (trailers === "") return "";
  const isChanged = filtersRequest(exchange);
  return without(trailers, [exchange.editedNames?.request, route?.requestNames], isChanged);
}

/** Those of the response that the client gets. */
export function responseTrailers(
  trailers: string,
  exchange: Exchange,
  route: Route | null,
): string {
  if (trailers === "") return "";
  const isChanged = filtersResponse(exchange);
  return without(trailers, [exchange.editedNames?.response, route?.responseNames], isChanged);
}

/** @param isChanged  a digest of the body is of other bytes */
function without(
  trailers: string,
  edited: readonly (ReadonlySet<string> | undefined)[],
  isChanged: boolean,
): string {
  return removeMatching(trailers, (lowerCaseName) => {
    const name = foldedName(lowerCaseName);
    if (isChanged && DIGESTS.includes(name)) return true;
    return edited.some((names) => names?.has(name) === true);
  });
}
