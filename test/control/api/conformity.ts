// Whether an answer is one that openapi.json promises: status, content type, and body by schema.

import { Ajv2020, type ValidateFunction } from "ajv/dist/2020.js";

export interface OpenApi {
  readonly openapi: string;
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: object;
}

export interface Operation {
  readonly operationId: string;
  readonly "x-sluice-access": string;
  readonly requestBody?: object;
  readonly parameters?: readonly { readonly name: string; readonly in: string }[];
  readonly responses: Readonly<Record<string, Promised>>;
}

interface Promised {
  readonly content?: Readonly<Record<string, { readonly schema: object }>>;
}

export interface Seen {
  readonly method: string;
  /** Without the query. */
  readonly path: string;
  readonly status: number;
  readonly type: string | null;
  readonly text: string;
}

/** Statuses that any route may have without saying so: of the server, not of the route. */
const ANYWHERE = new Set([429, 500, 503]);

export class Conformity {
  readonly #document: OpenApi;
  readonly #ajv = new Ajv2020({ strict: false, validateFormats: false });
  readonly #validators = new Map<string, ValidateFunction>();
  readonly #templates: readonly [RegExp, string][];

  constructor(document: OpenApi) {
    this.#document = document;
    this.#ajv.addSchema({ $id: "api", components: document.components });
    this.#templates = Object.keys(document.paths).map((path) => [
      new RegExp(`^${path.replaceAll(/\{\w+\}/g, "[^/]+")}$`),
      path,
    ]);
  }

  /** Throws what is not as promised. Null: no route is there. */
  check(seen: Seen): string | null {
    const template = this.#templates.find(([pattern]) => pattern.test(seen.path))?.[1] ?? "";
    const method = seen.method === "HEAD" ? "get" : seen.method.toLowerCase();
    const operation = this.#document.paths[template]?.[method];
    if (operation === undefined) return this.#expectProblem(seen);
    const key = `${method.toUpperCase()} ${template}`;
    const promised = operation.responses[seen.status];
    const where = `${key} → ${seen.status}`;
    if (promised === undefined && !ANYWHERE.has(seen.status)) {
      throw new Error(`${where} is not in openapi.json: ${seen.text}`);
    }
    const content = (promised ?? operation.responses.default)?.content;
    if (content === undefined) {
      if (seen.text !== "") throw new Error(`${where} has a body: ${seen.text}`);
      return key;
    }
    const [[type = "", media] = []] = Object.entries(content);
    if (seen.type !== type) throw new Error(`${where} is ${seen.type}, not ${type}`);
    if (type.includes("json") && seen.method !== "HEAD") {
      this.#expectSchema(where, media?.schema ?? {}, seen.text);
    }
    return key;
  }

  #expectProblem(seen: Seen): null {
    const { method, path, status, type, text } = seen;
    const where = `${method} ${path} → ${status}`;
    if (status < 400) throw new Error(`${where} is of no route`);
    if (type !== "application/problem+json") throw new Error(`${where} is ${type}`);
    if (method === "HEAD") return null;
    this.#expectSchema("a problem", { $ref: "#/components/schemas/Problem" }, text);
    return null;
  }

  #expectSchema(where: string, schema: object, text: string): void {
    const known = this.#validators.get(where);
    const validate = known ?? this.#ajv.compile(rebased(schema));
    this.#validators.set(where, validate);
    if (validate(JSON.parse(text))) return;
    throw new Error(`${where}: ${this.#ajv.errorsText(validate.errors)} in ${text}`);
  }
}

/** References to components, from a schema that stands alone. */
const rebased = (schema: object): object =>
  JSON.parse(JSON.stringify(schema).replaceAll('"$ref":"#/', '"$ref":"api#/'));
