// What happens to versions without a call: one that fails is taken back by itself; and what passes
// of testers give, those of tenants included that are gone.

import { setTimeout as wait } from "node:timers/promises";
import { call as send } from "../life/control.ts";
import { type Event, type Happening, lossy } from "./change-event.ts";
import * as model from "./change-model.ts";
import { changeScript, type Said } from "./change-script.ts";
import { ask } from "./change-stand.ts";

/** A busy machine may take its time. */
const WITHIN_MS = 60_000;

type Named = readonly [name: string, tenant: model.ModelTenant];

/** One of those that serve, and fit. */
function drawTenant(
  { draw, world }: Happening,
  fits: (tenant: model.ModelTenant) => boolean,
): Named | null {
  const served = Object.entries(world.tenants).filter(
    ([, own]) => !own.isSuspended && model.hostsOf(own).length > 0 && fits(own),
  );
  return served.length === 0 ? null : draw.one(served);
}

/** The version that was before serves then, and the new one is out of service: or nothing of it. */
export const takenBack: Event = async (happening) => {
  const { stand, world, draw, note } = happening;
  const found = drawTenant(happening, ({ traffic }) => traffic[0]?.percent === 100);
  if (found === null) return [world];
  const [name, own] = found;
  const tag = happening.tag();
  const killedAfterMs = draw.isOneIn(2) ? draw.from(0, 1_500) : null;
  const end = killedAfterMs === null ? "taken back" : `killed after ${killedAfterMs} ms`;
  note(`deploy to ${name}: ${tag}, which fails; ${end}`);
  const body = { files: { "main.ts": changeScript(tag) } };
  const { status } = await send(stand.proxy, ["POST", `/tenants/${name}/deployments`], body);
  if (status !== 201) throw new Error(`deploy to ${name}: ${status}`);
  const before = model.changed(world, (next) =>
    model.release(model.tenantOf(next, name), { tag, percent: 100 }),
  );
  const after = model.changed(before, (next) => takeBack(model.tenantOf(next, name)));
  if (killedAfterMs === null) {
    await failUntil(happening, [name, own, tag], performance.now() + WITHIN_MS);
    return [after];
  }
  await failUntil(happening, [name, own, tag], performance.now() + killedAfterMs);
  await stand.kill();
  await stand.startAgain();
  return lossy([before, after]);
};

function takeBack(own: model.ModelTenant): void {
  const version = own.traffic[0]?.version ?? 0;
  model.setTraffic(own, [{ version: model.rollbackTo(own) ?? 0, percent: 100 }], true);
  own.versions = own.versions.map((one) =>
    one.version === version ? { ...one, isDisabled: true } : one,
  );
}

/** Its requests fail until its traffic is another version's, or the time is up. */
async function failUntil(
  { stand }: Happening,
  [name, own, tag]: readonly [...Named, tag: string],
  endMs: number,
): Promise<void> {
  const [host = ""] = model.hostsOf(own);
  const fresh = model.nextVersion(own);
  while (performance.now() < endMs) {
    for (let i = 0; i < 10; i++) await ask(stand.proxy, host, { headers: { "x-fail": tag } });
    const { body } = await send(stand.proxy, ["GET", `/tenants/${name}/traffic`]);
    if (!JSON.stringify(body.versions).includes(`"version":${fresh},`)) return;
    await wait(50);
  }
}

/** A pass gives its version while that runs, and of a tenant that is gone nothing. */
export const passed: Event = async (happening) => {
  const { stand, world, draw, note } = happening;
  const found = drawTenant(happening, (own) => !own.isLossy && runs(own));
  if (found === null) return [world];
  const [name, own] = found;
  const { version } = draw.one(own.traffic);
  const path = `/tenants/${name}/deployments/${version}/pass`;
  const { body } = await send(stand.proxy, ["POST", path], {});
  const made = model.changed(world, (next) => {
    model.tenantOf(next, name).passes[String(body.value)] = version;
  });
  const now = model.tenantOf(made, name);
  const pass = draw.one([...Object.keys(now.passes), ...world.deadPasses]);
  note(`a pass of ${name} for ${version}; used is one for ${now.passes[pass] ?? "nobody"}`);
  const given = model.versionOf(now, now.passes[pass] ?? 0);
  if (given?.isDisabled) return [made];
  const [host = ""] = model.hostsOf(own);
  const answer = await ask(stand.proxy, host, { headers: { "sluice-version": pass } });
  const problem = wrongWith(now, pass, answer);
  if (problem !== null) throw new Error(`${name}, with a pass: ${problem}`);
  now.hits += 1;
  return [made];
};

const runs = ({ traffic }: model.ModelTenant): boolean => traffic.length > 0;

function wrongWith(
  own: model.ModelTenant,
  pass: string,
  { status, body }: { readonly status: number; readonly body: string },
): string | null {
  const given = own.traffic.find(({ version }) => version === own.passes[pass]);
  const shares = given === undefined ? own.traffic.filter(({ percent }) => percent > 0) : [given];
  const version = (one: model.Share) => model.versionOf(own, one.version);
  const known = shares.map(version).filter((one) => one !== undefined);
  if (status !== 200) return `expected 200, got ${status}`;
  const said: Said = JSON.parse(body);
  if (said.hits !== own.hits + 1) return `counted ${said.hits} after ${own.hits}`;
  const tags = known.map(({ tag }) => tag);
  return tags.includes(said.tag) ? null : `expected ${tags}, got ${said.tag}`;
}
