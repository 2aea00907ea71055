// Calls that make, change, end and suspend tenants.

import { API_HOSTS, type Call, type Drawing, isThere, ofTenant, TENANTS } from "./change-call.ts";
import type { World } from "./change-model.ts";
import * as model from "./change-model.ts";
import { settingsOf } from "./change-stand.ts";

const hostsFrom = ({ draw }: Drawing): string[] =>
  [...new Set([draw.one(API_HOSTS), draw.one(API_HOSTS)])].sort();

/** As settings of the API: it comes to be, or is another way. */
function settle(world: World, tenant: string, hosts: readonly string[]): void {
  if (!isThere(world, tenant)) model.end(world, tenant);
  const own = world.tenants[tenant] ?? model.newTenant();
  world.tenants[tenant] = own;
  own.apiHosts = hosts;
}

const isTaken = (world: World, tenant: string, hosts: readonly string[]): boolean =>
  hosts.some((host) => ![undefined, tenant].includes(model.ownerOf(world, host)));

const isOfFile = (world: World, tenant: string): boolean =>
  world.tenants[tenant]?.fileHosts !== null && isThere(world, tenant);

export function putTenant(drawing: Drawing): Call {
  const { draw, origin } = drawing;
  const tenant = draw.one(TENANTS);
  const hosts = hostsFrom(drawing);
  const mustBeNew = draw.isOneIn(4);
  return {
    title: `PUT ${tenant} with ${hosts}${mustBeNew ? ", if it is new" : ""}`,
    method: "PUT",
    path: `/tenants/${tenant}`,
    body: settingsOf(tenant, hosts, origin),
    ...(mustBeNew ? { headers: { "if-none-match": "*" } } : {}),
    isRefused: (world) =>
      isOfFile(world, tenant) ||
      isTaken(world, tenant, hosts) ||
      (mustBeNew && isThere(world, tenant)),
    done: (world) => model.changed(world, (next) => settle(next, tenant, hosts)),
  };
}

export function deleteTenant({ draw }: Drawing): Call {
  const tenant = draw.one(TENANTS);
  return {
    title: `DELETE ${tenant}`,
    method: "DELETE",
    path: `/tenants/${tenant}`,
    isRefused: (world) =>
      isOfFile(world, tenant) || !(isThere(world, tenant) || world.dormant[tenant] !== undefined),
    done: (world) => model.changed(world, (next) => model.end(next, tenant)),
  };
}

/** One gets the hosts of another, and one that is wrong takes all along. */
export function apply(drawing: Drawing): Call {
  const { draw, origin } = drawing;
  const [one, other] = draw.one([
    ["a", "b"],
    ["b", "c"],
    ["c", "a"],
  ] as const);
  const goes = draw.isOneIn(3);
  const isWrong = draw.isOneIn(4);
  const hosts = hostsFrom(drawing);
  const rest = API_HOSTS.filter((host) => !hosts.includes(host)).slice(0, 1);
  const tenants = {
    [one]: { ...settingsOf(one, hosts, origin), ...(isWrong ? { limits: { hookMs: -1 } } : {}) },
    [other]: goes ? null : settingsOf(other, rest, origin),
  };
  return {
    title: `apply ${one}: ${hosts}, ${other}: ${goes ? "none" : rest}${isWrong ? ", wrong" : ""}`,
    method: "POST",
    path: "/apply",
    body: { tenants },
    isRefused(world) {
      const staying = model.changed(world, (next) => {
        delete next.tenants[one];
        delete next.tenants[other];
      });
      const wanted = goes ? hosts : [...hosts, ...rest];
      return isWrong || (goes && !isThere(world, other)) || isTaken(staying, "", wanted);
    },
    done: (world) =>
      model.changed(world, (next) => {
        if (goes) model.end(next, other);
        else settle(next, other, rest);
        settle(next, one, hosts);
      }),
  };
}

export function suspend({ draw }: Drawing): Call {
  const tenant = draw.one(TENANTS);
  const isSuspended = draw.isOneIn(2);
  const verb = isSuspended ? "suspend" : "resume";
  return {
    ...{ title: `${verb} ${tenant}`, method: "POST", path: `/tenants/${tenant}/${verb}` },
    body: {},
    ...ofTenant(tenant, (own) => {
      own.isSuspended = isSuspended;
    }),
  };
}
