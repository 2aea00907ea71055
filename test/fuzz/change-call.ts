// A call of the admin API as the fuzzer draws it: what is sent, whether the world as it is must
// refuse it, and the world after it.

import type { ModelTenant, ModelToken, World } from "./change-model.ts";
import { changed, tenantOf } from "./change-model.ts";
import type { Draw } from "./random.ts";

export interface Call {
  readonly title: string;
  readonly method: "GET" | "PUT" | "POST" | "DELETE";
  /** Behind `/v1`. */
  readonly path: string;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  /** Null: the operator's of the environment. */
  readonly token?: ModelToken;
  isRefused(world: World): boolean;
  /** @param body  of the answer; null: it was lost */
  done(world: World, body: Body): World;
}

type Body = Readonly<Record<string, unknown>> | null;

/** Which calls may be drawn, and with what. */
export interface Drawing {
  readonly draw: Draw;
  readonly world: World;
  readonly origin: string;
  /** Never the same twice. */
  readonly tag: () => string;
}

export const API_TENANTS = ["a", "b", "c"];
export const FILE_TENANTS = ["f", "g"];
export const TENANTS = [...API_TENANTS, ...FILE_TENANTS];
export const API_HOSTS = ["h1.test", "h2.test", "h3.test", "h4.test"];
export const HOSTS = [...API_HOSTS, "f.test", "g.test"];

export const isThere = (world: World, tenant: string): boolean =>
  world.tenants[tenant] !== undefined;

/** A change of a tenant that is there; refused if it is not. */
export const ofTenant = (
  tenant: string,
  change: (tenant: ModelTenant) => void,
): Pick<Call, "isRefused" | "done"> => ({
  isRefused: (world) => !isThere(world, tenant),
  done: (world) => changed(world, (next) => change(tenantOf(next, tenant))),
});
