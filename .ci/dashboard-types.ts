// Writes dashboard/base/answers.ts, what the admin API answers as the pages read it: made of
// openapi.json, which is made of the routes. `npm run schema`; a test says when it is due.

import { writeFileSync } from "node:fs";
import { TestProxy } from "../test/life/proxy.ts";

/** Each type and the call whose answer it is. */
const CALLS = {
  AuditPage: "GET /v1/audit",
  CaptureList: "GET /v1/tenants/{tenant}/captures",
  CaptureRules: "GET /v1/tenants/{tenant}/capture-rules",
  DeploymentFiles: "GET /v1/tenants/{tenant}/deployments/{version}",
  Explanation: "POST /v1/explain",
  History: "GET /v1/tenants/{tenant}/deployments",
  KeptAnswer: "GET /v1/tenants/{tenant}/requests/{id}",
  LimitList: "GET /v1/tenants/{tenant}/limits",
  NodeList: "GET /v1/nodes",
  Replays: "POST /v1/tenants/{tenant}/replays",
  Series: "GET /v1/tenants/{tenant}/series",
  Status: "GET /v1/status",
  Tenant: "GET /v1/tenants/{tenant}",
  TenantList: "GET /v1/tenants",
  Traffic: "GET /v1/tenants/{tenant}/traffic",
  UpstreamList: "GET /v1/tenants/{tenant}/upstreams",
  Usage: "GET /v1/tenants/{tenant}/usage",
  VersionStats: "GET /v1/tenants/{tenant}/versions/stats",
  WholeSeries: "GET /v1/series",
} as const;

interface Schema {
  readonly type?: string | readonly string[];
  readonly description?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: Schema | boolean;
  readonly items?: Schema;
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly anyOf?: readonly Schema[];
}

interface Answer {
  readonly content?: Readonly<Record<string, { readonly schema: Schema }>>;
}

interface Operation {
  readonly responses: Readonly<Record<string, Answer>>;
}

interface OpenApi {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
}

/** What is longer is in openapi.json alone. */
const COMMENT_CHARS_MAX = 80;

const HEAD = `// What the admin API answers, as the pages read it.
// Made of its schemas by npm run schema.
`;

export function answerTypes(document: OpenApi): string {
  const types = Object.entries(CALLS).map(([name, call]) => {
    const [method = "", path = ""] = call.toLowerCase().split(" ");
    const responses = document.paths[path]?.[method]?.responses;
    const schema = responses?.["200"]?.content?.["application/json"]?.schema;
    if (schema?.properties === undefined) throw new Error(`${call} answers no object`);
    return `\nexport interface ${name} ${objectOf(schema)}\n`;
  });
  return HEAD + types.join("");
}

/** The openapi.json of a proxy as it is now. */
export async function openApi(): Promise<OpenApi> {
  await using proxy = await TestProxy.start({
    config: { store: "memory", tenants: {} },
    env: { SLUICE_ADMIN_TOKEN: "the-token-of-a-generator" },
  });
  return JSON.parse(await (await fetch(`${proxy.admin}/v1/openapi.json`)).text());
}

function objectOf({ properties = {}, required = [] }: Schema): string {
  const members = Object.entries(properties).map(([name, schema]) => {
    const { description = "" } = schema;
    const isShort = description !== "" && description.length <= COMMENT_CHARS_MAX;
    const comment = isShort ? `/** ${description} */\n` : "";
    const optional = required.includes(name) ? "" : "?";
    return `${comment}readonly ${name}${optional}: ${typeOf(schema)};\n`;
  });
  return `{\n${members.join("")}}`;
}

function typeOf(schema: Schema): string {
  const { type = "unknown", anyOf } = schema;
  if (anyOf !== undefined) return anyOf.map(typeOf).join(" | ");
  if (schema.enum !== undefined) return schema.enum.map((one) => JSON.stringify(one)).join(" | ");
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  const names = typeof type === "string" ? [type] : type;
  return names.map((name) => typeNamed(name, schema)).join(" | ");
}

function typeNamed(name: string, schema: Schema): string {
  if (name === "integer") return "number";
  if (name === "array") return arrayOf(typeOf(schema.items ?? {}));
  if (name !== "object") return name;
  if (schema.properties !== undefined) return objectOf(schema);
  const { additionalProperties } = schema;
  const values =
    typeof additionalProperties === "object" ? typeOf(additionalProperties) : "unknown";
  return `Readonly<Record<string, ${values}>>`;
}

/** Of a union only in parentheses. */
const arrayOf = (element: string): string =>
  /^[\w]+$|^\{/.test(element) ? `readonly ${element}[]` : `readonly (${element})[]`;

if (import.meta.main) {
  const file = new URL("../dashboard/base/answers.ts", import.meta.url);
  writeFileSync(file, answerTypes(await openApi()));
}
