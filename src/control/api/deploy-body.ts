// The body of a request for a deployment, as a schema: files or a ready bundle, and what goes with
// them. How large and how well-formed they are is for control/deploy to say.

import * as z from "zod";
import { CAPTURE_LIMITS } from "../../base/capture-limits.ts";
import { integer, mapping, text } from "../../base/config/fields.ts";
import { LIMITS } from "../../base/limits.ts";
import type { DeployRequest } from "../deploy/deployer.ts";
import type { Upload } from "../deploy/upload.ts";
import type { SmokeRequest } from "../store/smoke-request.ts";
import { fieldsError } from "./input.ts";

const short = (max: number) => z.string().max(max, `at most ${max} characters`);

const SMOKE = mapping({
  name: short(100).optional().describe("How failures name it; default: method and path."),
  method: z
    .string()
    .regex(/^[A-Z]{1,20}$/, "a method such as GET")
    .default("GET"),
  path: z.string().regex(/^\/[!-~]{0,2000}$/, "a path that begins with /"),
  headers: z.record(short(100), short(4_096)).default({}),
  body: short(65_536).optional(),
  expect: mapping({
    status: integer(100, 599).optional(),
    headers: z.record(short(100), short(4_096)).optional(),
    bodyIncludes: short(4_096).optional(),
    upstream: text().optional().describe("The upstream group that the script chooses."),
  }).describe("Without a status: no error."),
});

const BUNDLE = mapping({
  code: z.string().describe("As `sluice deploy` makes it."),
  map: z.string().describe("Its source map, version 3, as JSON text."),
});

export const DEPLOY_BODY = mapping({
  files: z.record(z.string(), z.string()).optional().describe("Sources by path."),
  entry: short(255).default("main.ts").describe("The file that exports the phases."),
  bundle: BUNDLE.optional().describe("In place of `files`: ready-made, packages inside."),
  message: short(1_000).default(""),
  percent: integer(0, 100).default(100).describe("Of the tenant's clients; 0: testers only."),
  smoke: z
    .array(SMOKE)
    .max(LIMITS.smokeRequests)
    .default([])
    .describe("Must be answered as expected before it takes traffic; there is no network."),
  replay: integer(0, CAPTURE_LIMITS.replayed)
    .default(0)
    .describe("So many captured requests that ended well must be answered as they were."),
  dryRun: z.boolean().default(false).describe("All checks, and nothing is stored or served."),
});

export type DeployBody = z.output<typeof DEPLOY_BODY>;

/** Throws an ApiError if there is not exactly one of files and bundle. */
export function requestOf(tenant: string, body: DeployBody, author: string): DeployRequest {
  const { message, percent, replay, dryRun: isDryRun } = body;
  const smoke = body.smoke.map(smokeRequest);
  return { tenant, upload: uploadOf(body), message, percent, smoke, replay, isDryRun, author };
}

function uploadOf({ files, bundle, entry }: DeployBody): Upload {
  if (files !== undefined && bundle === undefined) return { files, entry };
  if (bundle !== undefined && files === undefined) return { bundle, entry };
  const got = files === undefined ? "none" : "both";
  throw fieldsError([{ field: "files", text: `expected files or a bundle, got ${got}` }]);
}

type Smoke = DeployBody["smoke"][number];

function smokeRequest({ name, method, path, headers, body, expect }: Smoke): SmokeRequest {
  const { status, headers: wanted, bodyIncludes, upstream } = expect;
  return {
    name: name ?? `${method} ${path}`,
    method,
    path,
    headers,
    body: body ?? null,
    expect: {
      ...(status === undefined ? {} : { status }),
      ...(wanted === undefined ? {} : { headers: wanted }),
      ...(bodyIncludes === undefined ? {} : { bodyIncludes }),
      ...(upstream === undefined ? {} : { upstream }),
    },
  };
}
