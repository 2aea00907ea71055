// The admin API over a real socket, with a store in memory; what goes live is live at once.

import { randomBytes } from "node:crypto";
import { request } from "node:http";
import { text as readText } from "node:stream/consumers";
import { parseTenant } from "../../../src/base/config/tenant.ts";
import type { TenantConfig } from "../../../src/base/config/types.ts";
import { type Admin, startAdmin } from "../../../src/control/admin.ts";
import { explainRoutes } from "../../../src/control/api/explain.ts";
import { Guard, hashOf } from "../../../src/control/api/guard.ts";
import { limitRoutes } from "../../../src/control/api/limits.ts";
import { operateRoutes } from "../../../src/control/api/operate.ts";
import { requestRoutes } from "../../../src/control/api/requests.ts";
import { apiRoutes } from "../../../src/control/api/routes.ts";
import { seriesRoutes } from "../../../src/control/api/series.ts";
import { sessionRoutes } from "../../../src/control/api/session.ts";
import { statusRoutes } from "../../../src/control/api/status.ts";
import type { Role } from "../../../src/control/store/records.ts";
import type { Store } from "../../../src/control/store/store.ts";
import { NO_LIMIT_USE } from "../../../src/observe/limit-use.ts";
import { SeriesRings } from "../../../src/observe/series.ts";
import { memoryStore } from "../store-stand.ts";
import { accessTo } from "./access.ts";
import { Conformity, type OpenApi } from "./conformity.ts";
import { deploying, InstantLive } from "./instant-live.ts";

export const OPERATOR = "the-operators-token";
export const FILE = "/etc/sluice/sluice.yaml";

/** A tenant that the checks let through. */
export const settings = (...hosts: string[]) => ({
  hosts,
  isolation: "inline",
  upstreams: { pages: { peers: ["127.0.0.1:9001"] } },
});

/** What the file has of its one tenant. */
export const FILE_SETTINGS = {
  ...settings("filed.example.com"),
  script: "scripts/filed.ts",
  env: { file: "a name that the tenant chose" },
  upstreams: {
    file: { peers: ["127.0.0.1:9002"], tls: { sni: "a.example.com", ca: "certs/ca.pem" } },
  },
  errorPages: { "502": { file: "errors/502.html" } },
};

export interface CallOptions {
  /** Null: none is sent; default: the operator's. */
  readonly token?: string | null;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as JSON; a string or bytes as they are. */
  readonly body?: unknown;
}

export interface Answered {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** The text as JSON. */
  json(): Body;
}

interface Body extends Readonly<Record<string, unknown>> {
  readonly detail?: string;
  readonly errors?: readonly { readonly field?: string; readonly text: string }[];
}

export interface StandOptions {
  /** Null: none from the environment. */
  readonly token?: string | null;
  readonly store?: (store: Store) => Store;
}

export class ApiStand implements AsyncDisposable {
  readonly store: Store;
  readonly live: InstantLive;
  /** What the server said went wrong inside. */
  readonly errors: unknown[] = [];
  /** What was answered, as `PUT /v1/tenants/{tenant} 201`. */
  readonly reached = new Set<string>();
  #admin: Admin | null = null;
  #conformity: Conformity | null = null;

  private constructor(store: Store, live: InstantLive) {
    this.store = store;
    this.live = live;
  }

  static async start({ token = OPERATOR, store: wrap }: StandOptions = {}): Promise<ApiStand> {
    const { store: memory } = await memoryStore();
    const store = wrap === undefined ? memory : wrap(memory);
    const stand = new ApiStand(store, new InstantLive());
    stand.live.add(parsed("filed", settings("filed.example.com")), "file");
    await memory.release([], [{ tenant: "filed", id: "filed" }]);
    const file = { path: FILE, settings: () => ({ filed: FILE_SETTINGS }) };
    const guard = new Guard({ token, tokenEnv: "SLUICE_ADMIN_TOKEN", store });
    const routes = [
      ...sessionRoutes({ guard, store, tails: { review: async () => {} } }),
      ...requestRoutes({ kept: NOTHING_KEPT, others: null }, stand.live, null),
      ...explainRoutes({ explain: async ({ client }) => ({ ...NOBODYS, client }) }, stand.live),
      ...limitRoutes({ limitUses: { of: async () => NO_LIMIT_USE } }, stand.live, accessTo(memory)),
      ...seriesRoutes({ series: new SeriesRings(), lastMinute, others: null }, stand.live),
      ...statusRoutes({ isReady: () => null, metricsText: async () => "sluice_workers 1\n" }),
      ...operateRoutes({
        reload: async () => RELOADED,
        handOver: async () => ({ ok: true, pid: 7 }),
      }),
      ...apiRoutes({
        ...{ nodes: null, others: null, speaksTls: () => false },
        ...{ store, live: stand.live, file, caps: () => ({ hookMs: 5_000 }) },
        ...accessTo(memory),
        tails: { review: async () => {} },
        ...deploying(store, stand.live),
      }),
    ];
    const onError = (error: unknown): void => void stand.errors.push(error);
    const tenants = () => stand.live.tenants().map((one) => one.config.name);
    const address = "127.0.0.1:0";
    stand.#admin = await startAdmin({ address, routes, guard, onError, tenants });
    stand.#conformity = new Conformity(await stand.openapi());
    return stand;
  }

  get url(): string {
    return `http://${this.#admin?.address}`;
  }

  /** Who has that name. */
  idOf(tenant: string): string {
    return this.live.tenants().find(({ config }) => config.name === tenant)?.id ?? "";
  }

  async openapi(): Promise<OpenApi> {
    const response = await fetch(`${this.url}/v1/openapi.json`);
    const document: unknown = await response.json();
    if (!isOpenApi(document)) throw new Error("openapi.json is no OpenAPI");
    return document;
  }

  /** A token as `POST /v1/tokens` would have made it. */
  async token(role: Role, tenant: string | null, expiresAtMs: number | null = null) {
    const token = `sluice_${randomBytes(32).toString("base64url")}`;
    const id = randomBytes(4).toString("hex");
    const audit = { actor: "sluice", action: "token.create", tenant, target: id, detail: {} };
    await this.store.addToken({ id, role, tenant, expiresAtMs }, hashOf(token), audit);
    return token;
  }

  /** Rejects if the answer is not one that openapi.json promises. */
  async call(method: string, path: string, options: CallOptions = {}): Promise<Answered> {
    const { token = OPERATOR, headers = {}, body } = options;
    const isRaw = typeof body === "string" || body instanceof Uint8Array;
    const response = await fetch(`${this.url}${path}`, {
      method,
      headers: {
        ...(token === null ? {} : { authorization: `Bearer ${token}` }),
        ...(body === undefined ? {} : { "content-type": "application/json" }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: isRaw ? body : JSON.stringify(body) }),
    });
    return this.#checked(method, path, await readAnswer(response));
  }

  /** The answer to the head of a request whose body is said to be this long, and never sent. */
  async announce(method: string, path: string, bytes: number): Promise<Answered> {
    const headers = {
      authorization: `Bearer ${OPERATOR}`,
      "content-type": "application/json",
      "content-length": bytes,
    };
    const sent = request(`${this.url}${path}`, { method, headers });
    sent.flushHeaders();
    const answered = Promise.withResolvers<Answered>();
    sent.on("error", answered.reject).on("response", (response) => {
      const status = response.statusCode ?? 0;
      const all = new Headers(Object.entries(response.headers).map(([k, v]) => [k, String(v)]));
      readText(response).then((text) => {
        answered.resolve({ status, headers: all, text, json: () => JSON.parse(text) });
      }, answered.reject);
    });
    try {
      return this.#checked(method, path, await answered.promise);
    } finally {
      sent.on("error", () => {}).destroy();
    }
  }

  #checked(method: string, path: string, answered: Answered): Answered {
    const key = this.#conformity?.check({
      method,
      path: path.split("?")[0] ?? "",
      status: answered.status,
      type: answered.headers.get("content-type"),
      text: answered.text,
    });
    this.reached.add(`${key} ${answered.status}`);
    return answered;
  }

  /** Makes a tenant, as an operator does. */
  async make(name: string, body: object = settings(`${name}.example.com`)): Promise<Answered> {
    return await this.call("PUT", `/v1/tenants/${name}`, { body });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#admin?.close();
    await this.store.close();
  }
}

const MINUTE = { requests: 0, errors: 0, scriptMs: 0, p50Ms: null, p99Ms: null };
const lastMinute = async () => ({ seconds: 0, whole: MINUTE, tenants: new Map() });
const NOTHING_KEPT = { of: async () => [], find: async () => null };

const NOBODYS = {
  ...{ tenant: null, host: null, route: null, end: null, version: null, layer: null },
  ...{ upstream: null, loop: null, reasons: [] },
};

/** The fields that a problem document names. */
export const fieldsOf = (answered: Answered): (string | undefined)[] =>
  (answered.json().errors ?? []).map(({ field }) => field);

const isOpenApi = (value: unknown): value is OpenApi =>
  typeof value === "object" && value !== null && "paths" in value && "components" in value;

async function readAnswer({ status, headers, body }: Response): Promise<Answered> {
  const isStream = headers.get("content-type")?.startsWith("text/event-stream") ?? false;
  if (isStream) await body?.cancel();
  const text = isStream || body === null ? "" : await new Response(body).text();
  return { status, headers, text, json: () => JSON.parse(text) };
}

const RELOADED = {
  ok: true,
  generation: 2,
  revision: 2,
  ...{ added: [], removed: [], changed: [], needsHandover: [] },
  durationMs: 1,
} as const;

export function parsed(name: string, value: unknown): TenantConfig {
  const result = parseTenant(name, value, { caps: {}, isStored: false });
  if ("config" in result) return result.config;
  throw new Error(JSON.stringify(result.mistakes));
}
