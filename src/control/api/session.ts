// Sessions of browsers: log in with a token, ask who one is, log out.

import * as z from "zod";
import { mapping } from "../../base/config/fields.ts";
import type { Store } from "../store/store.ts";
import type { TailSource } from "../tail-source.ts";
import { setCookie } from "./browser.ts";
import { type Guard, KEY_HEADER } from "./guard.ts";
import { auditOf } from "./parts.ts";
import { type AdminRoute, type Caller, empty, json, NO_BODY, NOTHING, route } from "./route.ts";

export interface SessionParts {
  readonly guard: Guard;
  readonly tails: Pick<TailSource, "review">;
  /** Null: there is no audit log. */
  readonly store: Pick<Store, "addAudit"> | null;
}

const WHO = {
  actor: z.string().describe("As the audit log has it: token:ID."),
  role: z.enum(["operator", "deployer", "reader"]),
  tenant: z.string().nullable().describe("null: every tenant."),
  expiresAtMs: z
    .int()
    .nullable()
    .describe("When the session ends at the latest; null: no session."),
};

const TOKEN_CHARS_MAX = 512;

const PATH = "/v1/session";

export const sessionRoutes = (parts: SessionParts): readonly AdminRoute[] => [
  openRoute(parts),
  showRoute(parts),
  endRoute(parts),
];

const openRoute = ({ guard, store }: SessionParts): AdminRoute =>
  route({
    method: "POST",
    path: PATH,
    access: "anyone",
    summary: "Log in: a session for a browser",
    description:
      `Sets a cookie; calls that have it need the answer's \`key\` as ${KEY_HEADER} too. ` +
      "It ends with its token, after half an hour in which nobody used it, and after twelve hours.",
    params: NOTHING,
    query: NOTHING,
    body: mapping({ token: z.string().min(1).max(TOKEN_CHARS_MAX) }),
    answers: { 201: json("Logged in.", z.object({ ...WHO, key: z.string() })) },
    problems: {
      401: "The token is refused.",
      403: "Another page asks, or it would go through the network in the clear.",
      421: "The name in Host is not one of admin.hosts.",
    },
  }).handle(async ({ body, headers, from, signal }) => {
    const { cookie, key, caller, expiresAtMs } = await guard.login(body.token, {
      ...{ headers, signal, ...from },
    });
    const target = from.remote === "" ? "a browser" : `from ${from.remote}`;
    await store?.addAudit(
      auditOf(caller, "session.open", { tenant: caller.tenant, target, detail: {} }),
    );
    return {
      status: 201,
      headers: { "Set-Cookie": setCookie({ headers, ...from }, cookie) },
      body: { ...shown(caller), expiresAtMs, key },
    };
  });

const showRoute = ({ guard }: SessionParts): AdminRoute =>
  route({
    method: "GET",
    path: PATH,
    access: "token",
    summary: "Who calls, and what for",
    params: NOTHING,
    query: NOTHING,
    body: NO_BODY,
    answers: { 200: json("The caller.", z.object(WHO)) },
  }).handle(({ caller }) => {
    const expiresAtMs = guard.sessions.expiryOf(caller);
    return { status: 200, body: { ...shown(caller), expiresAtMs } };
  });

const endRoute = ({ guard, tails }: SessionParts): AdminRoute =>
  route({
    method: "DELETE",
    path: PATH,
    access: "token",
    summary: "Log out",
    params: NOTHING,
    query: NOTHING,
    body: NO_BODY,
    answers: { 204: empty("The session is over, and so are its streams.") },
  }).handle(async ({ caller, headers, from }) => {
    guard.sessions.end(caller);
    await tails.review();
    return { status: 204, headers: { "Set-Cookie": setCookie({ headers, ...from }, "") } };
  });

const shown = ({ actor, role, tenant }: Caller) => ({ actor, role, tenant });
