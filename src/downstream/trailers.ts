// Trailers that are passed on: none whose name somebody here has set or removed in the head, since
// who merges them into the head would find there what was taken away, or something else than what
// was said. What no trailer may ever say is dropped before (http1/trailers.ts).

import { type Exchange, hasHooks } from "../phases/exchange.ts";
import { CHAIN } from "../phases/table.ts";
import { removeMatching } from "../wire/headers.ts";
import { foldedName } from "../wire/lookalikes.ts";
import type { Route } from "./policy/route.ts";
import { DIGESTS } from "./repair.ts";

/** Those of the request that the origin gets. */
export function requestTrailers(trailers: string, exchange: Exchange, route: Route | null): string {
  if (trailers === "") return "";
  const isChanged = hasHooks(exchange, CHAIN.requestBody);
  return without(trailers, [exchange.editedNames?.request, route?.requestNames], isChanged);
}

/** Those of the response that the client gets. */
export function responseTrailers(
  trailers: string,
  exchange: Exchange,
  route: Route | null,
): string {
  if (trailers === "") return "";
  const isChanged = hasHooks(exchange, CHAIN.responseBody);
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
