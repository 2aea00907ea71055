// The routes as an application: it finds the route, asks the guard, reads and checks the input,
// runs the route, and answers. It knows no sockets.

import { type Context, Hono } from "hono";
import { LIMITS } from "../../base/limits.ts";
import {
  answerFile,
  DASHBOARD_PATH,
  type FindFiles,
  redirectToDashboard,
} from "../dashboard/serve.ts";
import { Bodies } from "./bodies.ts";
import { expectJson, readBody } from "./body.ts";
import type { BrowserOptions } from "./browser.ts";
import { type Guard, refusalOf } from "./guard.ts";
import { parseJson } from "./json.ts";
import { NoTenant } from "./no-tenant.ts";
import { ApiError, PROBLEM_CONTENT_TYPE, problemText, toApiError } from "./problem.ts";
import {
  type AdminRoute,
  type Caller,
  NO_BODY,
  type RouteResult,
  type Surroundings,
  type TextBody,
} from "./route.ts";

export interface AppOptions {
  readonly routes: readonly AdminRoute[];
  readonly guard: Guard;
  /** Told of what went wrong inside; the client gets a 500 without the cause. */
  readonly onError: (error: unknown) => void;
  /** Resolves when something may be changed. */
  readonly mayChange: () => Promise<void>;
  /** Of the store, which is served: each answer says it. Null: there is none. */
  readonly revision: () => number | null;
  /** Since when nothing newer of the store is known: each answer says it. Null: all is known. */
  readonly staleSinceMs: () => number | null;
  /** Names of all that there are. */
  readonly tenants: () => readonly string[];
  readonly dashboard: BrowserOptions & { readonly files: FindFiles };
}

type Env = { readonly Bindings: Surroundings };

export type App = Hono<Env>;

export function createApp(options: AppOptions): App {
  const { routes, guard, onError, mayChange, revision, staleSinceMs, dashboard } = options;
  const { tenants } = options;
  const app = new Hono<Env>();
  app.use(async (context, next) => {
    await next();
    const number = revision();
    if (number !== null) context.res.headers.set("Sluice-Revision", String(number));
    const atMs = staleSinceMs();
    if (atMs !== null) context.res.headers.set(STALE_HEADER, new Date(atMs).toISOString());
  });
  const bodies = new Bodies();
  for (const route of routes) {
    app.on(route.method, [pattern(route.path)], (context) =>
      answer(route, context, { guard, bodies, mayChange, tenants }),
    );
  }
  for (const [path, ofPath] of Map.groupBy(routes, (route) => route.path)) {
    app.all(pattern(path), () => refuseMethod(ofPath));
  }
  app.get(`${DASHBOARD_PATH}:name{[^/]*}`, ({ req }) =>
    answerFile(req.param("name"), req.raw.headers, dashboard),
  );
  app.get("/", ({ req }) => redirectToDashboard(req.raw.headers) ?? problem(NOT_FOUND));
  app.notFound(() => problem(NOT_FOUND));
  app.onError((thrown) => problem(toApiError(thrown, onError)));
  return app;
}

/** Of a proxy that shares its store: what it says may have been changed by others since. */
const STALE_HEADER = "Sluice-Stale-Since";

const NOT_FOUND = new ApiError(
  404,
  "Nothing is at this path. GET /v1/openapi.json lists what there is.",
);

/** `/v1/tenants/{tenant}` as the router writes it. */
const pattern = (path: string): string => path.replaceAll(/\{(\w+)\}/g, ":$1");

interface Around extends Pick<AppOptions, "guard" | "mayChange" | "tenants"> {
  readonly bodies: Bodies;
}

async function answer(
  route: AdminRoute,
  context: Context<Env>,
  { guard, bodies, mayChange, tenants }: Around,
): Promise<Response> {
  const { raw: request } = context.req;
  const { headers, signal } = request;
  const params: Readonly<Record<string, string>> = context.req.param();
  const from = context.env;
  const caller = await guard.identify(route, { headers, signal, ...from });
  using _body = route.body === NO_BODY ? null : bodies.take(ownerOf(caller), route.bodyBytesMax);
  const refusal = refusalOf(caller, route, params.tenant);
  if (refusal !== null) throw await withFields(refusal, route, request);
  const query = new URL(request.url).searchParams;
  const body = await bodyOf(route, request);
  if (route.method !== "GET") await mayChange();
  try {
    const given = await route.run({ params, query, body, headers, caller, from, signal });
    return toResponse(route, given);
  } catch (thrown) {
    throw thrown instanceof NoTenant ? thrown.toldTo(caller, tenants()) : thrown;
  }
}

/** Tokens of one tenant are one. */
const ownerOf = ({ tenant, actor }: Caller): string =>
  tenant === null ? actor : `tenant ${tenant}`;

async function bodyOf(route: AdminRoute, request: Request): Promise<unknown> {
  if (route.body === NO_BODY) return undefined;
  expectJson(request.headers);
  return parseJson(await readBody(request, route.bodyBytesMax));
}

/** A caller who may not do this hears which of the fields that it sent are not its to set. */
async function withFields(
  refusal: ApiError,
  route: AdminRoute,
  request: Request,
): Promise<ApiError> {
  if (refusal.status !== 403 || route.body === NO_BODY) return refusal;
  const body = await bodyOf(route, request).catch(() => null);
  if (typeof body !== "object" || body === null) return refusal;
  const fields = Object.keys(body).slice(0, LIMITS.configProblems);
  const errors = fields.map((field) => ({ field: field.slice(0, 100), text: refusal.message }));
  return new ApiError(refusal.status, refusal.message, { errors });
}

function toResponse(route: AdminRoute, { status, headers, body }: RouteResult): Response {
  const kind = route.answers[status];
  if (kind === undefined) throw new TypeError(`${route.path} does not document ${status}`);
  if (kind.kind === "empty") return respond(null, { status, headers: { ...headers } });
  if (kind.kind === "json") {
    const type = { "Content-Type": "application/json" };
    return respond(`${JSON.stringify(body)}\n`, { status, headers: { ...type, ...headers } });
  }
  if (!isTextBody(body)) throw new TypeError(`${route.path} gave no text`);
  const type = { "Content-Type": kind.contentType };
  return respond(body, { status, headers: { ...type, ...headers } });
}

const isTextBody = (body: unknown): body is TextBody =>
  typeof body === "string" || body instanceof ReadableStream;

function refuseMethod(routes: readonly AdminRoute[]): Response {
  const methods = routes.flatMap(({ method }) => (method === "GET" ? ["GET", "HEAD"] : [method]));
  const allowed = methods.join(", ");
  const detail = `This path answers ${methods.join(" and ")}.`;
  return problem(new ApiError(405, detail, { headers: { Allow: allowed } }));
}

function problem(error: ApiError): Response {
  const { status, headers } = error;
  const type = { "Content-Type": PROBLEM_CONTENT_TYPE };
  return respond(problemText(error), { status, headers: { ...type, ...headers } });
}

interface Head {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
}

/** Answers are for one caller, now, and for no browser to guess about. */
function respond(body: TextBody | null, { status, headers }: Head): Response {
  const length =
    typeof body === "string" ? { "Content-Length": String(Buffer.byteLength(body)) } : {};
  const safe = { "Cache-Control": "no-store", "X-Content-Type-Options": "nosniff" };
  return new Response(body, { status, headers: { ...safe, ...length, ...headers } });
}
