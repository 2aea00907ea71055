// How a version of a tenant's script, or an upload, answers requests that were captured.

import * as z from "zod";
import { CAPTURE_LIMITS } from "../../base/capture-limits.ts";
import { integer, mapping, text } from "../../base/config/fields.ts";
import { LIMITS } from "../../base/limits.ts";
import type { CaptureChoice } from "../captures-access.ts";
import { DEPLOY_BODY, requestOf } from "./deploy-body.ts";
import { orProblem } from "./deploy-problem.ts";
import { type ApiParts, auditOf } from "./parts.ts";
import { type AdminRoute, json, NOTHING, name, route } from "./route.ts";

export type ReplayParts = Pick<ApiParts, "store" | "replays">;

const { files, bundle, entry } = DEPLOY_BODY.shape;

const BODY = mapping({
  ids: z.array(text().max(64)).max(CAPTURE_LIMITS.replayed).optional().describe("Of captures."),
  last: integer(1, CAPTURE_LIMITS.replayed)
    .default(CAPTURE_LIMITS.replayed)
    .describe("Without `ids`: so many of the newest."),
  version: integer(1, 999_999_999).optional().describe("Of the history; left out: what serves."),
  files,
  bundle,
  entry,
});

const REPLAYED = z.object({
  id: z.string().describe("Of the capture."),
  result: z.enum(["same", "differs", "failed"]),
  difference: z
    .object({ part: z.string(), was: z.string(), is: z.string() })
    .nullable()
    .describe("The first, in the order of a request's life; null: there is none."),
  reason: z.string().describe("Why it could not be replayed, or the error that ended it."),
});

export const replayRoutes = ({ store, replays }: ReplayParts): readonly AdminRoute[] => [
  route({
    method: "POST",
    path: "/v1/tenants/{tenant}/replays",
    access: "deployer",
    summary: "Let a version answer captured requests, in a process of its own without a network",
    description:
      "Upstreams, fetch, clocks, randomness, counters, limits and flags are as recorded; " +
      "secrets are the tenant's. In place of `version`: `files` or a `bundle`, as deployed.",
    params: mapping({ tenant: name() }),
    query: NOTHING,
    body: BODY,
    bodyBytesMax: LIMITS.deploymentBytes,
    answers: { 200: json("Of each request.", z.object({ replayed: z.array(REPLAYED) })) },
    problems: {
      404: "There is no such tenant or version.",
      422: "The script does not start: `errors` has each place.",
      503: "Nothing can be tried at the moment.",
    },
  }).handle(async ({ params: { tenant }, body, caller }) => {
    const { ids, last, version = null } = body;
    const which: CaptureChoice = ids === undefined ? { last, isWell: false } : { ids };
    const hasUpload = body.files !== undefined || body.bundle !== undefined;
    const upload = hasUpload ? requestOf(tenant, uploadOf(body), caller.actor).upload : null;
    const replayed = await orProblem(replays.replay({ tenant, which, version, upload }));
    const detail = { requests: replayed.length, version, isUpload: hasUpload };
    const audit = { tenant, target: "captures", detail };
    await store.addAudit(auditOf(caller, "capture.replay", audit));
    return { status: 200, body: { replayed: replayed.map((one) => ({ ...one })) } };
  }),
];

function uploadOf({ files, bundle, entry }: z.output<typeof BODY>) {
  return DEPLOY_BODY.parse({ files, bundle, entry });
}
