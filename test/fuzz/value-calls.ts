// Calls about what a tenant owns beside its scripts: flags, secrets, counters, tokens.

import { type Call, type Drawing, isThere, ofTenant, TENANTS } from "./change-call.ts";
import type { World } from "./change-model.ts";
import * as model from "./change-model.ts";
import { FLAG, SECRET } from "./change-script.ts";

type Kept = "flags" | "secrets" | "counters";

/** Flags and secrets that the script reads, and counters that it does not have. */
export function value({ draw }: Drawing): Call {
  const tenant = draw.one(TENANTS);
  const kind = draw.one<Kept>(["flags", "secrets", "counters"]);
  const name = { flags: FLAG, secrets: SECRET, counters: draw.one(["c1", "c2"]) }[kind];
  const path = `/tenants/${tenant}/${kind}/${name}`;
  if (draw.isOneIn(4)) {
    const has = (world: World) => world.tenants[tenant]?.[kind][name] !== undefined;
    const own = ofTenant(tenant, (one) => delete one[kind][name]);
    return {
      ...{ title: `DELETE ${path}`, method: "DELETE", path },
      isRefused: (world) => !has(world),
      done: own.done,
    };
  }
  const number = draw.from(1, 1_000_000);
  return {
    ...{ title: `PUT ${path}`, method: "PUT", path },
    body: { value: kind === "counters" ? number : `v${number}` },
    ...ofTenant(tenant, (one) => {
      if (kind === "counters") one.counters[name] = number;
      else one[kind][name] = `v${number}`;
    }),
  };
}

const TOKENS_MAX = 12;

export function makeToken(drawing: Drawing): Call {
  const { draw, world } = drawing;
  if (world.tokens.length >= TOKENS_MAX) return revokeToken(drawing);
  const tenant = draw.isOneIn(3) ? null : draw.one(TENANTS);
  const role = draw.one(["deployer", "reader"] as const);
  return {
    title: `a ${role}'s token for ${tenant ?? "all"}`,
    method: "POST",
    path: "/tokens",
    body: { role, ...(tenant === null ? {} : { tenant }) },
    isRefused: (world) => tenant !== null && !isThere(world, tenant),
    done: (world, body) =>
      model.changed(world, ({ tokens }) => {
        const { token = null, id = null } = body ?? {};
        const text = (of: unknown) => (of === null ? null : String(of));
        tokens.push({ role, tenant, secret: text(token), id: text(id) });
      }),
  };
}

export function revokeToken({ draw, world }: Drawing): Call {
  const known = world.tokens.filter(({ id }) => id !== null);
  const id = known.length === 0 ? "none" : draw.one(known).id;
  return {
    ...{ title: "revoke a token", method: "DELETE", path: `/tokens/${id}` },
    isRefused: (world) => !world.tokens.some((token) => token.id === id),
    done: (world) =>
      model.changed(world, (next) => {
        next.tokens = next.tokens.filter((token) => token.id !== id);
      }),
  };
}
