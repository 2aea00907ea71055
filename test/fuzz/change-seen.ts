// What is to be seen of a proxy: all that the API shows, and what clients are answered; and how
// that differs from a world of the model.

import { call, type Json, list } from "../life/control.ts";
import type { TestProxy } from "../life/proxy.ts";
import { HOSTS } from "./change-call.ts";
import { hostsOf, type ModelTenant, ownerOf, rollbackTo, type World } from "./change-model.ts";
import { FLAG, NOTHING, type Said, SECRET } from "./change-script.ts";
import { ask } from "./change-stand.ts";

const ADDRESSES = [2, 3, 4];

export interface Reply {
  readonly host: string;
  readonly status: number;
  /** Null: no script said it. */
  readonly said: Said | null;
}

export interface Seen {
  /** By name, as text that can be compared. */
  readonly tenants: Readonly<Record<string, string>>;
  readonly tokens: string;
  readonly replies: readonly Reply[];
}

export async function look(proxy: TestProxy): Promise<Seen> {
  const { body } = await call(proxy, ["GET", "/tenants"]);
  const tenants: Record<string, string> = {};
  for (const one of list(body.tenants)) {
    tenants[String(one.name)] = JSON.stringify(await lookAt(proxy, one));
  }
  const { body: known } = await call(proxy, ["GET", "/tokens"]);
  const tokens = list(known.tokens).map(({ role, tenant }) => `${role} ${tenant}`);
  return { tenants, tokens: tokens.sort().join(", "), replies: await askAll(proxy) };
}

async function lookAt(proxy: TestProxy, line: Json) {
  const read = async (what: string) => {
    const { status, body } = await call(proxy, ["GET", `/tenants/${line.name}/${what}`]);
    if (status !== 200) throw new Error(`GET ${what} of ${line.name}: ${JSON.stringify(body)}`);
    return body;
  };
  const { versions, rollbackTo } = await read("traffic");
  const deployments = list((await read("deployments?limit=100")).deployments);
  const named = async (what: string) => list((await read(what))[what]);
  const counters = (await named("counters")).filter(({ name }) => String(name) !== "hits");
  return {
    origin: line.origin,
    isSuspended: line.suspended,
    hosts: list(line.hosts).map(String).sort(),
    versions: deployments.map(({ version, state }) => `${version} ${state}`).sort(),
    traffic: list(versions)
      .map(({ version, percent }) => `${version}=${percent}`)
      .sort(),
    rollbackTo,
    flags: (await named("flags")).map(({ name, value }) => `${name}=${value}`),
    secrets: (await named("secrets")).map(({ name }) => String(name)),
    counters: counters.map(({ name, value }) => `${name}=${value}`).sort(),
  };
}

async function askAll(proxy: TestProxy): Promise<Reply[]> {
  const replies: Reply[] = [];
  for (const host of HOSTS) {
    for (const from of ADDRESSES) {
      const { status, body } = await ask(proxy, host, { from });
      const said = body.startsWith("{") && status === 200 ? JSON.parse(body) : null;
      replies.push({ host, status, said });
    }
  }
  return replies;
}

const shown = (tenant: ModelTenant): string =>
  JSON.stringify({
    origin: tenant.fileHosts === null ? "api" : "file",
    isSuspended: tenant.isSuspended,
    hosts: hostsOf(tenant).toSorted(),
    versions: tenant.versions
      .map(({ version, isDisabled }) => `${version} ${isDisabled ? "disabled" : "ready"}`)
      .sort(),
    traffic: tenant.traffic.map(({ version, percent }) => `${version}=${percent}`).sort(),
    rollbackTo: rollbackTo(tenant),
    flags: Object.entries(tenant.flags).map(([name, value]) => `${name}=${value}`),
    secrets: Object.keys(tenant.secrets),
    counters: Object.entries(tenant.counters)
      .map(([name, value]) => `${name}=${value}`)
      .sort(),
  });

/** Sentences, one for each difference; none: it is this world. */
export function differences(world: World, seen: Seen): string[] {
  const names = new Set([...Object.keys(world.tenants), ...Object.keys(seen.tenants)]);
  const wrong = [...names].flatMap((name) => {
    const own = world.tenants[name];
    const expected = own === undefined ? undefined : shown(own);
    const got = seen.tenants[name];
    return expected === got ? [] : [`tenant ${name}: expected ${expected}, got ${got}`];
  });
  const tokens = world.tokens.map(({ role, tenant }) => `${role} ${tenant}`).sort();
  if (tokens.join(", ") !== seen.tokens) {
    wrong.push(`tokens: expected ${tokens.join(", ")}, got ${seen.tokens}`);
  }
  return [...wrong, ...HOSTS.flatMap((host) => ofHost(world, seen, host))];
}

function ofHost(world: World, seen: Seen, host: string): string[] {
  const name = servedBy(world, host);
  const own = name === undefined ? undefined : world.tenants[name];
  const replies = seen.replies.filter((reply) => reply.host === host);
  const wrong = replies.flatMap(({ status, said }) => {
    const problem = own === undefined ? unowned(status) : ofReply(own, status, said);
    return problem === null ? [] : [`${host} (${name ?? "nobody's"}): ${problem}`];
  });
  return [...new Set(wrong)];
}

/** By whom: what the file says of a tenant's hosts goes before its settings in the API. */
const servedBy = (world: World, host: string): string | undefined => {
  const name = ownerOf(world, host);
  const own = name === undefined ? undefined : world.tenants[name];
  return own !== undefined && hostsOf(own).includes(host) ? name : undefined;
};

const unowned = (status: number): string | null =>
  status === UNKNOWN_HOST ? null : `expected ${UNKNOWN_HOST}, got ${status}`;

const UNKNOWN_HOST = 421;

function ofReply(own: ModelTenant, status: number, said: Said | null): string | null {
  if (own.isSuspended) return status === 503 ? null : `expected 503, suspended; got ${status}`;
  if (status !== 200) return `expected 200, got ${status}`;
  if (own.traffic.length === 0) return said === null ? null : `no script, but ${said.tag}`;
  if (said === null) return "expected its script, got the origin";
  const serving = own.traffic.filter(({ percent }) => percent > 0).map(({ version }) => version);
  const tags = own.versions.filter(({ version }) => serving.includes(version));
  if (!tags.some(({ tag }) => tag === said.tag)) {
    return `expected ${tags.map(({ tag }) => tag)}, got ${said.tag}`;
  }
  if (said.began !== said.tag) return `began on ${said.began}, ended on ${said.tag}`;
  const flag = own.flags[FLAG] ?? NOTHING;
  if (said.flag !== flag) return `expected the flag ${flag}, got ${said.flag}`;
  const secret = own.secrets[SECRET] ?? NOTHING;
  return said.secret === secret ? null : `expected the secret ${secret}, got ${said.secret}`;
}

/** Counts go on without a gap, and no number is given twice; a kill may cost the last ones. */
export function count(world: World, { replies }: Seen): string[] {
  const wrong: string[] = [];
  for (const [name, own] of Object.entries(world.tenants)) {
    for (const { host, said } of replies) {
      if (said === null || servedBy(world, host) !== name) continue;
      const isNext = said.hits === own.hits + 1 || (own.isLossy && said.hits <= own.hits);
      if (!isNext) wrong.push(`${name} counted ${said.hits} after ${own.hits}`);
      own.hits = said.hits;
      own.isLossy = false;
    }
  }
  return wrong;
}
