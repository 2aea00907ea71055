// Tokens: made, listed and revoked by operators. A token is shown once; its hash is what is kept.

import { randomBytes } from "node:crypto";
import * as z from "zod";
import { choice, integer, mapping } from "../../base/config/fields.ts";
import { LIMITS } from "../../base/limits.ts";
import { hashOf } from "./guard.ts";
import { fieldsError } from "./input.ts";
import { isTenant } from "./known-tenant.ts";
import { type ApiParts, auditOf } from "./parts.ts";
import { ApiError } from "./problem.ts";
import { type AdminRoute, empty, json, NO_BODY, NOTHING, name, route } from "./route.ts";

type Parts = Pick<ApiParts, "store" | "file" | "tails">;

const ROLES = ["operator", "deployer", "reader"] as const;

const keys = {
  id: z.string(),
  role: z.enum(ROLES),
  tenant: z.string().nullable().describe("null: every tenant."),
  expiresAtMs: z.int().nullable().describe("Milliseconds since 1970; null: never."),
};
const TOKEN = z.object({ ...keys, createdAtMs: z.int() });
const NEW_TOKEN = z.object({ ...keys, token: z.string().describe("Shown this once.") });

export const tokenRoutes = (parts: Parts): readonly AdminRoute[] => [
  listRoute(parts),
  postRoute(parts),
  deleteRoute(parts),
];

const listRoute = ({ store }: Pick<Parts, "store">): AdminRoute =>
  route({
    method: "GET",
    path: "/v1/tokens",
    access: "operator",
    summary: "All tokens, without what opens anything",
    params: NOTHING,
    query: NOTHING,
    body: NO_BODY,
    answers: { 200: json("All.", z.object({ tokens: z.array(TOKEN).readonly() })) },
  }).handle(async () => {
    const tokens = await store.tokens();
    return { status: 200, body: { tokens } };
  });

const postRoute = ({ store, file }: Omit<Parts, "tails">): AdminRoute =>
  route({
    method: "POST",
    path: "/v1/tokens",
    access: "operator",
    summary: "Make a token",
    params: NOTHING,
    query: NOTHING,
    body: mapping({
      role: choice(ROLES).describe(
        "deployer: scripts, flags, secrets, counters; reader: reads them; operator: everything.",
      ),
      tenant: name().optional().describe("Left out: every tenant."),
      expiresAtMs: integer(1, Number.MAX_SAFE_INTEGER)
        .optional()
        .describe("Milliseconds since 1970; left out: never."),
    }),
    answers: { 201: json("The token.", NEW_TOKEN) },
    problems: { 409: "There are as many tokens as there may be." },
  }).handle(async ({ body, caller }) => {
    const { role, tenant = null, expiresAtMs = null } = body;
    if (tenant !== null && role === "operator") {
      throw fieldsError([{ field: "tenant", text: "expected none, as operators have all" }]);
    }
    if (expiresAtMs !== null && expiresAtMs <= Date.now()) {
      throw fieldsError([{ field: "expiresAtMs", text: "expected a time to come" }]);
    }
    if (tenant !== null && !(await isTenant({ store, file }, tenant))) {
      const text = `expected a tenant that there is, got ${JSON.stringify(tenant)}`;
      throw fieldsError([{ field: "tenant", text }]);
    }
    if ((await store.tokens()).length >= LIMITS.apiTokens) {
      throw new ApiError(409, `There are ${LIMITS.apiTokens} tokens: delete some first.`);
    }
    const token = `sluice_${randomBytes(32).toString("base64url")}`;
    const made = { id: randomBytes(8).toString("hex"), role, tenant, expiresAtMs };
    const detail = { role, expiresAtMs };
    const audit = auditOf(caller, "token.create", { tenant, target: `token ${made.id}`, detail });
    await store.addToken(made, hashOf(token), audit);
    return { status: 201, body: { ...made, token } };
  });

const deleteRoute = ({ store, tails }: Omit<Parts, "file">): AdminRoute =>
  route({
    method: "DELETE",
    path: "/v1/tokens/{id}",
    access: "operator",
    summary: "Revoke a token",
    params: mapping({ id: name() }),
    query: NOTHING,
    body: NO_BODY,
    answers: { 204: empty("It opens nothing any more.") },
    problems: { 404: "There is no such token." },
  }).handle(async ({ params, caller }) => {
    const entry = { tenant: null, target: `token ${params.id}`, detail: {} };
    await store.deleteToken(params.id, auditOf(caller, "token.delete", entry));
    await tails.review();
    return { status: 204 };
  });
