// The audit log: who changed what, when.

import * as z from "zod";
import { checked, integer, mapping } from "../../base/config/fields.ts";
import { LIMITS } from "../../base/limits.ts";
import type { AuditFilter, Store } from "../store/store.ts";
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

const actor = () =>
  checked({
    expected: "who, such as token:6f1f4a0c2f0e9b31, file or sluice",
    pattern: /^[!-~]{1,128}$/,
    isValid: () => true,
  });

const action = () =>
  checked({
    expected: "an action such as deployment.create, or a kind of them such as deployment",
    pattern: /^[a-z-]{1,64}(?:\.[a-z-]{1,64}){0,3}$/,
    isValid: () => true,
  });

const moment = () => integer(0, Number.MAX_SAFE_INTEGER).optional();

export const auditRoutes = ({ store }: Pick<ApiParts, "store">): readonly AdminRoute[] => [
  route({
    method: "GET",
    path: "/v1/audit",
    access: "operator",
    summary: "Who changed what, the newest first",
    params: NOTHING,
    query: mapping({
      tenant: owner().optional(),
      actor: actor().optional(),
      action: action().optional().describe("One action, or all of a kind: deployment."),
      from: moment().describe("Since then, in milliseconds since 1970."),
      to: moment().describe("Until then, and not then itself."),
      before: integer(1, Number.MAX_SAFE_INTEGER).optional().describe("Lines older than this id."),
      limit: integer(1, LINES_MAX).default(100),
    }),
    body: NO_BODY,
    answers: {
      200: json(
        "`next`: the `before` of the next page; null: this is the last. A page may be short, and " +
          "not the last: each looks at so many lines at most.",
        z.object({ lines: z.array(LINE).readonly(), next: z.int().nullable() }),
      ),
    },
  }).handle(async ({ query }) => {
    const { tenant = null, actor = null, action = null, from = null, to = null } = query;
    const filter = { tenant, actor, action, fromMs: from, toMs: to };
    const { before = null, limit } = query;
    const { after, isLast } = await scanEnd(store, filter, before);
    // one more than asked for shows whether there is a next page
    const found = await store.audit({ ...filter, after }, { before, limit: limit + 1 });
    const lines = found.slice(0, limit);
    if (found.length > limit) {
      return { status: 200, body: { lines, next: lines.at(-1)?.id ?? null } };
    }
    return { status: 200, body: { lines, next: isLast ? null : after + 1 } };
  }),
];

interface ScanEnd {
  /** Id of the newest line that is not looked at. */
  readonly after: number;
  /** Nothing that is asked for is behind it. */
  readonly isLast: boolean;
}

/** Where a search ends that no index serves, so that none reads a whole log of years. */
async function scanEnd(
  store: Pick<Store, "audit">,
  { actor, action, fromMs, toMs }: AuditFilter,
  before: number | null,
): Promise<ScanEnd> {
  const all = [actor, action, fromMs, toMs];
  if (all.every((one) => one == null)) return WHOLE;
  const [newest] = await store.audit({ tenant: null }, { before, limit: 1 });
  const after = (newest?.id ?? 0) - LIMITS.auditScan;
  if (after <= 0) return WHOLE;
  const [next] = await store.audit({ tenant: null }, { before: after + 1, limit: 1 });
  return { after, isLast: next === undefined || next.atMs < (fromMs ?? 0) };
}

const WHOLE: ScanEnd = { after: 0, isLast: true };
