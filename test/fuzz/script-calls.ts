// Calls that bring versions of a tenant's script, and say who gets which.

import { type Call, type Drawing, TENANTS } from "./change-call.ts";
import * as model from "./change-model.ts";
import { changeScript } from "./change-script.ts";

const BROKEN = ["export default {", "throw new Error('at the top level');"] as const;

export function deploy({ draw, tag: nextTag }: Drawing): Call {
  const tenant = draw.one(TENANTS);
  const percent = draw.one([100, 100, 100, 50, 10, 0]);
  const broken = draw.isOneIn(5) ? draw.one(BROKEN) : null;
  const isDryRun = draw.isOneIn(6);
  const tag = nextTag();
  const kind = `${broken === null ? tag : "broken"}${isDryRun ? ", dry" : ""}`;
  return {
    title: `deploy to ${tenant}: ${kind} for ${percent} %`,
    method: "POST",
    path: `/tenants/${tenant}/deployments`,
    body: { files: { "main.ts": broken ?? changeScript(tag) }, percent, dryRun: isDryRun },
    isRefused(world) {
      const own = world.tenants[tenant];
      if (own === undefined || broken !== null) return true;
      return !isDryRun && !areSound(model.sharesWith(own, percent));
    },
    done: (world) =>
      isDryRun
        ? world
        : model.changed(world, (next) =>
            model.release(model.tenantOf(next, tenant), { tag, percent }),
          ),
  };
}

const areSound = (shares: readonly model.Share[]): boolean =>
  shares.length <= 5 && shares.reduce((sum, { percent }) => sum + percent, 0) === 100;

export function traffic({ draw, world }: Drawing): Call {
  const tenant = draw.one(TENANTS);
  const newest = model.nextVersion(world.tenants[tenant] ?? model.newTenant());
  const [one, two] = [draw.from(1, newest), draw.from(1, newest)];
  const percent = draw.one([100, 90, 50]);
  const shares = [{ version: one, percent }];
  if (two !== one) shares.push({ version: two, percent: 100 - percent });
  return {
    title: `traffic of ${tenant}: ${shares.map((one) => `${one.version}=${one.percent}`)}`,
    method: "PUT",
    path: `/tenants/${tenant}/traffic`,
    body: { versions: shares },
    isRefused(world) {
      const own = world.tenants[tenant];
      return own === undefined || !areSound(shares) || shares.some((one) => !mayRun(own, one));
    },
    done: (world) =>
      model.changed(world, (next) => model.setTraffic(model.tenantOf(next, tenant), shares)),
  };
}

/** One that is out of service stays with no share, where it is. */
function mayRun(own: model.ModelTenant, { version, percent }: model.Share): boolean {
  const found = model.versionOf(own, version);
  if (found === undefined || !found.isDisabled) return found !== undefined;
  return percent === 0 && own.traffic.some((share) => share.version === version);
}

export function rollback({ draw, world }: Drawing): Call {
  const tenant = draw.one(TENANTS);
  const newest = model.nextVersion(world.tenants[tenant] ?? model.newTenant());
  const named = draw.isOneIn(3) ? draw.from(1, newest) : null;
  const target = (own: model.ModelTenant) => named ?? model.rollbackTo(own);
  return {
    title: `rollback of ${tenant}${named === null ? "" : ` to ${named}`}`,
    method: "POST",
    path: `/tenants/${tenant}/rollback`,
    body: named === null ? {} : { version: named },
    isRefused(world) {
      const own = world.tenants[tenant];
      const version = own === undefined ? null : target(own);
      if (own === undefined || version === null) return true;
      return !mayRun(own, { version, percent: 100 });
    },
    done: (world) =>
      model.changed(world, (next) => {
        const own = model.tenantOf(next, tenant);
        model.setTraffic(own, [{ version: target(own) ?? 0, percent: 100 }], true);
      }),
  };
}

export function enable({ draw, world }: Drawing): Call {
  const tenant = draw.one(TENANTS);
  const newest = model.nextVersion(world.tenants[tenant] ?? model.newTenant());
  const named = draw.isOneIn(2) ? draw.from(1, newest) : null;
  const find = (own: model.ModelTenant | undefined) =>
    own?.versions.findLast(({ version, isDisabled }) =>
      named === null ? isDisabled : version === named,
    );
  return {
    title: `enable ${tenant}${named === null ? "" : ` ${named}`}`,
    method: "POST",
    path: `/tenants/${tenant}/enable`,
    body: named === null ? {} : { version: named },
    isRefused: (world) => find(world.tenants[tenant]) === undefined,
    done: (world) =>
      model.changed(world, (next) => {
        const own = model.tenantOf(next, tenant);
        const found = find(own);
        own.versions = own.versions.map((one) =>
          one === found ? { ...one, isDisabled: false } : one,
        );
      }),
  };
}
