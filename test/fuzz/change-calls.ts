// Which calls of the admin API the fuzzer draws, and with whose token.

import { API_TENANTS, type Call, type Drawing, isThere } from "./change-call.ts";
import * as model from "./change-model.ts";
import { deploy, enable, rollback, traffic } from "./script-calls.ts";
import { apply, deleteTenant, putTenant, suspend } from "./tenant-calls.ts";
import { makeToken, revokeToken, value } from "./value-calls.ts";

/** Versions of a tenant that a run makes at most: older ones would lose their bundles. */
const VERSIONS_MAX = 45;

const KINDS: readonly (readonly [weight: number, make: (drawing: Drawing) => Call])[] = [
  [8, putTenant],
  [3, deleteTenant],
  [3, apply],
  [4, suspend],
  [8, deploy],
  [5, traffic],
  [4, rollback],
  [2, enable],
  [8, value],
  [3, makeToken],
  [1, revokeToken],
];

export function drawCall(drawing: Drawing): Call {
  const call = drawing.draw.weighted(KINDS)(drawing);
  const grown = Object.entries(drawing.world.tenants).find(
    ([, { versions }]) => versions.length > VERSIONS_MAX,
  );
  if (grown !== undefined && API_TENANTS.includes(grown[0])) return deleteOf(grown[0]);
  return drawing.draw.isOneIn(5) ? withToken(drawing, call) : call;
}

const deleteOf = (tenant: string): Call => ({
  ...{ title: `DELETE ${tenant}`, method: "DELETE", path: `/tenants/${tenant}` },
  isRefused: (world) => !isThere(world, tenant),
  done: (world) => model.changed(world, (next) => model.end(next, tenant)),
});

/** The same with a token, which may not open it, or nothing any more. */
function withToken({ draw, world }: Drawing, call: Call): Call {
  const known = world.tokens.filter(({ secret }) => secret !== null);
  if (known.length === 0) return call;
  const token = draw.one(known);
  const [, tenant = null] = /^\/tenants\/([^/]+)/.exec(call.path) ?? [];
  const isForDeployers =
    /^\/tenants\/[^/]+\/(?:deployments|traffic|rollback|flags|secrets|counters)/;
  const mayDo =
    token.role === "deployer" &&
    isForDeployers.test(call.path) &&
    (token.tenant === null || token.tenant === tenant);
  return {
    ...call,
    title: `${call.title}, with the ${token.role}'s token of ${token.tenant ?? "all"}`,
    token,
    isRefused: (world) =>
      !mayDo ||
      !world.tokens.some(({ secret }) => secret === token.secret) ||
      call.isRefused(world),
  };
}
