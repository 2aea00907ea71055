// The audit log: who changed what, when.

import * as z from "zod";
import { integer, mapping } from "../../base/config/fields.ts";
import type { ApiParts } from "./parts.ts";
import { type AdminRoute, json, NO_BODY, NOTHING, owner, route } from "./route.ts";

const LINES_MAX = 1_000;

const LINE = z.object({
  id: z.int(),
  atMs: z.int().describe("Milliseconds since 1970."),
  actor: z.string().describe("token:ID, file or sluice."),
  action: z.string().describe("tenant.put, deployment.create, …"),
  tenant: z.string().nullable(),
  target: z.string(),
  detail: z.record(z.string(), z.unknown()).readonly(),
});

export const auditRoutes = ({ store }: Pick<ApiParts, "store">): readonly AdminRoute[] => [
  route({
    method: "GET",
    path: "/v1/audit",
    access: "operator",
    summary: "Who changed what, the newest first",
    params: NOTHING,
    query: mapping({
      tenant: owner().optional(),
      before: integer(1, Number.MAX_SAFE_INTEGER).optional().describe("Lines older than this id."),
      limit: integer(1, LINES_MAX).default(100),
    }),
    body: NO_BODY,
    answers: {
      200: json(
        "`next`: the `before` of the next page; null: this is the last.",
        z.object({ lines: z.array(LINE).readonly(), next: z.int().nullable() }),
      ),
    },
  }).handle(async ({ query }) => {
    const { tenant = null, before = null, limit } = query;
    // one more than asked for shows whether there is a next page
    const found = await store.audit({ tenant }, { before, limit: limit + 1 });
    const lines = found.slice(0, limit);
    const next = found.length > limit ? (lines.at(-1)?.id ?? null) : null;
    return { status: 200, body: { lines, next } };
  }),
];
