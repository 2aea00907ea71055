// openapi.json: made of the very routes that answer, so it cannot say anything else than they do.

import * as z from "zod";
import { version } from "../../base/version.ts";
import { PROBLEM_CONTENT_TYPE } from "./problem.ts";
import {
  type AdminRoute,
  ANY_QUERY,
  type AnswerKind,
  json,
  NO_BODY,
  NOTHING,
  route,
} from "./route.ts";

type Json = Record<string, unknown>;

/** `GET /v1/openapi.json` for these routes and itself. */
export function openapiRoute(routes: readonly AdminRoute[]): AdminRoute {
  const own: AdminRoute = route({
    method: "GET",
    path: "/v1/openapi.json",
    access: "anyone",
    summary: "This document",
    params: NOTHING,
    query: NOTHING,
    body: NO_BODY,
    answers: { 200: json("OpenAPI 3.1.", z.looseObject({})) },
  }).handle(() => ({ status: 200, body: document() }));
  let made: Json | null = null;
  const document = (): Json => {
    made ??= openapi([...routes, own]);
    return made;
  };
  return own;
}

function openapi(routes: readonly AdminRoute[]): Json {
  const paths: Record<string, Json> = {};
  for (const route of routes) {
    const path = paths[route.path] ?? {};
    paths[route.path] = { ...path, [route.method.toLowerCase()]: operation(route) };
  }
  return {
    openapi: "3.1.1",
    info: {
      title: "Sluice admin API",
      version: version(),
      license: { name: "Apache-2.0", identifier: "Apache-2.0" },
    },
    paths,
    components: {
      securitySchemes: { token: { type: "http", scheme: "bearer" } },
      schemas: { Problem: schemaOf(PROBLEM, "output") },
    },
  };
}

const PROBLEM = z.object({
  type: z.string(),
  status: z.int(),
  title: z.string(),
  detail: z.string().describe("A sentence for people."),
  errors: z
    .array(
      z.object({
        field: z.string().optional().describe("What is wrong: limits.hookMs."),
        file: z.string().optional(),
        line: z.int().optional(),
        column: z.int().optional(),
        text: z.string().describe("expected …, got …"),
      }),
    )
    .optional(),
});

function operation(route: AdminRoute): Json {
  const { summary, description, access, path, method } = route;
  const parameters = [...parametersOf(route.params, "path"), ...parametersOf(route.query, "query")];
  return {
    operationId: `${method.toLowerCase()}${camelCase(path)}`,
    summary,
    ...(description === undefined ? {} : { description }),
    "x-sluice-access": access,
    security: access === "anyone" ? [] : [...(access === "machine" ? [{}] : []), { token: [] }],
    ...(parameters.length === 0 ? {} : { parameters }),
    ...(route.body === NO_BODY ? {} : { requestBody: bodyOf(route) }),
    responses: responsesOf(route),
  };
}

const camelCase = (path: string): string =>
  path
    .replaceAll(/[{}]/g, "")
    .replaceAll(/[^A-Za-z0-9]+(.)/g, (_found, letter: string) => letter.toUpperCase());

function bodyOf({ body, bodyBytesMax }: AdminRoute): Json {
  const content = { "application/json": { schema: schemaOf(body, "input") } };
  return { required: true, description: `At most ${bodyBytesMax} bytes.`, content };
}

function parametersOf(schema: z.ZodType, place: "path" | "query"): Json[] {
  const { properties = {}, required = [] } = z.toJSONSchema(schema, { io: "input" });
  return Object.entries(properties).map(([name, property]) => ({
    name,
    in: place,
    required: place === "path" || required.includes(name),
    schema: property,
  }));
}

function responsesOf(route: AdminRoute): Json {
  const responses: Json = {};
  for (const [status, kind] of Object.entries(route.answers)) {
    responses[status] = { description: kind.description, ...contentOf(kind) };
  }
  for (const [status, description] of Object.entries({ ...common(route), ...route.problems })) {
    responses[status] ??= problemResponse(description);
  }
  responses.default = problemResponse("Any other error.");
  return responses;
}

const problemResponse = (description: string): Json => {
  const schema = { $ref: "#/components/schemas/Problem" };
  return { description, content: { [PROBLEM_CONTENT_TYPE]: { schema } } };
};

function contentOf(kind: AnswerKind): Json {
  if (kind.kind === "empty") return {};
  if (kind.kind === "text") return { content: { [kind.contentType]: { schema: TEXT } } };
  return { content: { "application/json": { schema: schemaOf(kind.schema, "input") } } };
}

const TEXT = { type: "string" };

/** Errors that follow from what a route takes and whom it lets in. */
function common({ access, path, body, params, query }: AdminRoute): Record<number, string> {
  const isGuarded = access !== "anyone";
  const hasTenant = path.includes("{tenant}");
  const isAnyToken = access === "token" || (access === "reader" && hasTenant);
  const isOfTenant = (access === "reader" || access === "deployer") && hasTenant;
  const hasBody = body !== NO_BODY;
  const hasFields = hasBody || params !== NOTHING || query !== ANY_QUERY;
  return {
    ...(isGuarded ? { 401: "No token, or one that is refused." } : {}),
    ...(isGuarded && !isAnyToken ? { 403: "The token may not do this." } : {}),
    ...(isOfTenant ? { 404: NO_TENANT } : {}),
    ...(hasBody ? { 400: "The body is not JSON.", 413: "The body is too large." } : {}),
    ...(hasBody ? { 415: "The body is of another type than application/json." } : {}),
    ...(hasFields ? { 422: "A field is wrong: `errors` names each." } : {}),
  };
}

const NO_TENANT = "There is no such tenant, or the token is another tenant's.";

/** Without what a schema that stands alone says. */
function schemaOf(schema: z.ZodType, io: "input" | "output"): Json {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io });
  return rest;
}
