// Brings many tenants to what a document says, in one change: all of it is checked first, and then
// all of it is live and stored, or nothing. So hosts move from one tenant to another, and are
// swapped.

import * as z from "zod";
import { integer, mapping } from "../../base/config/fields.ts";
import { LIMITS } from "../../base/limits.ts";
import { fieldsError } from "./input.ts";
import { ApiError } from "./problem.ts";
import { type AdminRoute, json, NOTHING, route } from "./route.ts";
import { TENANT_BODY } from "./tenant-answers.ts";
import { type ChangeParts, changeTenants, type Wish } from "./tenant-changes.ts";

const BODY = mapping({
  tenants: z
    .record(z.string(), TENANT_BODY, "a mapping from names to settings")
    .describe("The settings of each, as for its PUT; null: it is deleted. Others stay."),
  revisions: z
    .record(z.string(), integer(0, Number.MAX_SAFE_INTEGER), "a mapping from names to revisions")
    .default({})
    .describe("What each change was made from; 0: there was none. Left out: whatever there is."),
  dryRun: z.boolean("true or false").default(false).describe("All but to store and to serve it."),
});

const CHANGED = z.object({
  applied: z.boolean().describe("false: it was a dry run."),
  changes: z.array(
    z.object({
      tenant: z.string(),
      does: z.enum(["create", "change", "delete"]),
      revision: z.int().nullable().describe("The new one; null: it is gone, or a dry run."),
    }),
  ),
});

export const applyRoutes = (parts: ChangeParts): readonly AdminRoute[] => [
  route({
    method: "POST",
    path: "/v1/apply",
    access: "operator",
    summary: "Make, change and delete many tenants in one change",
    description:
      "All is checked against what there is and against each other, tried on every worker, then " +
      "live and stored, or nothing is: `errors` has what is wrong with any of them.",
    bodyBytesMax: LIMITS.applyBytes,
    params: NOTHING,
    query: NOTHING,
    body: BODY,
    answers: { 200: json("Every worker serves it.", CHANGED) },
    problems: {
      404: "One that is to be deleted is not there.",
      409: "One is in the file, or a host is another tenant's.",
      412: "One was changed since its revision.",
      504: "A worker did not become ready in time: nothing changed.",
    },
  }).handle(async ({ body: { tenants, revisions, dryRun }, caller }) => {
    const strange = Object.keys(revisions).filter((name) => !Object.hasOwn(tenants, name));
    if (strange.length > 0) {
      const text = "expected a tenant that is changed";
      throw fieldsError(strange.map((name) => ({ field: `revisions.${name}`, text })));
    }
    const wishes = Object.entries(tenants).map(([name, settings]): Wish => {
      const expected = Object.hasOwn(revisions, name) ? revisions[name] : undefined;
      const expect = (now: number | null): void => expectRevision(expected, now);
      return { name, goes: settings === null, settings, expect };
    });
    const options = { caller, isDryRun: dryRun, isOne: false };
    const made = wishes.length === 0 ? [] : await changeTenants(parts, wishes, options);
    const changes = made.map(({ name, does, stored }) => {
      return { tenant: name, does, revision: stored?.revision ?? null };
    });
    return { status: 200, body: { applied: !dryRun, changes } };
  }),
];

/** Throws 412. @param expected  undefined: any */
function expectRevision(expected: number | undefined, now: number | null): void {
  if (expected === undefined || expected === (now ?? 0)) return;
  const wanted = expected === 0 ? "no tenant" : `revision ${expected}`;
  const got = now === null ? "there is none" : `it is ${now}`;
  throw new ApiError(412, `expected ${wanted}, but ${got}: somebody else has changed it`);
}
