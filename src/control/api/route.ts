// One call of the admin API as a value: method and path, who may, what goes in and comes out as
// schemas, and what it does. The server, its checks and openapi.json are made of the same values.
//
// To add a resource, write api/NAME.ts (and name it in api/routes.ts):
//
//     export const flagRoutes = ({ store }: Pick<ApiParts, "store">): readonly AdminRoute[] => [
//       route({
//         method: "PUT",
//         path: "/v1/tenants/{tenant}/flags/{name}",
//         access: "deployer",                     // the least role; of this tenant or of all
//         summary: "Set a flag",
//         params: mapping({ tenant: name(), name: name() }),
//         query: NOTHING,
//         body: mapping({ value: z.json() }),     // NO_BODY: none is read
//         answers: { 200: json("The flag.", FLAG) },
//         problems: { 404: "There is no such tenant." },
//       }).handle(async ({ params, body, caller }) => {
//         const audit = auditOf(caller, "flag.put", { … });
//         return { status: 200, body: await store.putFlag(params.tenant, { … }, audit) };
//       }),                                       // what is wrong: throw ApiError or StoreError
//     ];

import * as z from "zod";
import { mapping, NAME } from "../../base/config/fields.ts";
import { OPERATOR } from "../../base/config/operator.ts";
import { LIMITS } from "../../base/limits.ts";
import type { Role } from "../store/records.ts";
import { parseInput, readerOfQuery } from "./input.ts";

/**
 * Who may: anyone; whoever has a token, whatever it is for; whoever is on this machine, or an
 * operator if there are tokens; or the least role. Below operator, a token of one tenant reaches
 * the routes of its own `{tenant}` only.
 */
export type Access = "anyone" | "token" | "machine" | Role;

export type Method = "GET" | "PUT" | "POST" | "DELETE";

export interface Caller {
  /** As the audit log has it: `token:ID`. */
  readonly actor: string;
  readonly role: Role;
  /** Null: every tenant. */
  readonly tenant: string | null;
  /** Of a browser that has logged in (sessions.ts); left out: the token itself came along. */
  readonly session?: string;
  /** The token that such a browser has logged in with. */
  readonly bearer?: () => string;
}

/** What the server knows of a request besides the request. */
export interface Surroundings {
  /** Address of the client; empty: unknown. */
  readonly remote: string;
  readonly isTls: boolean;
}

export interface JsonAnswer<S extends z.ZodType> {
  readonly kind: "json";
  readonly description: string;
  readonly schema: S;
}

/** Text of any kind, whole or as it comes. */
export interface TextAnswer {
  readonly kind: "text";
  readonly description: string;
  readonly contentType: string;
}

export interface EmptyAnswer {
  readonly kind: "empty";
  readonly description: string;
}

export type AnswerKind = JsonAnswer<z.ZodType> | TextAnswer | EmptyAnswer;
export type AnswerKinds = Readonly<Record<number, AnswerKind>>;

export const json = <S extends z.ZodType>(description: string, schema: S): JsonAnswer<S> => {
  return { kind: "json", description, schema };
};
export const text = (description: string, contentType: string): TextAnswer => {
  return { kind: "text", description, contentType };
};
export const empty = (description: string): EmptyAnswer => ({ kind: "empty", description });

/** What a route gave, as the server sends it. */
export interface RouteResult {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as the kind of the answer says. */
  readonly body?: unknown;
}

export type TextBody = string | ReadableStream<Uint8Array>;

type AnswerBody<K> =
  K extends JsonAnswer<infer S>
    ? { readonly body: z.input<S> }
    : K extends TextAnswer
      ? { readonly body: TextBody }
      : object;

type AnswerOf<K extends AnswerKinds> = {
  [S in keyof K & number]: AnswerBody<K[S]> & {
    readonly status: S;
    readonly headers?: Readonly<Record<string, string>>;
  };
}[keyof K & number];

export interface Call<Params, Query, Body> {
  readonly params: Params;
  readonly query: Query;
  readonly body: Body;
  readonly headers: Headers;
  readonly caller: Caller;
  readonly from: Surroundings;
  /** Aborted when the client has gone. */
  readonly signal: AbortSignal;
}

/** A call as it came in. */
export type RawCall = Call<Readonly<Record<string, string>>, URLSearchParams, unknown>;

interface Described {
  readonly method: Method;
  /** With parameters in braces: `/v1/tenants/{tenant}`. */
  readonly path: string;
  readonly access: Access;
  readonly summary: string;
  readonly description?: string;
  /** Largest body; default: `LIMITS.apiBodyBytes`. */
  readonly bodyBytesMax?: number;
  /** Errors besides those that every route has: status and when it comes. */
  readonly problems?: Readonly<Record<number, string>>;
}

interface Signature<
  Params extends z.ZodType,
  Query extends z.ZodType,
  Body extends z.ZodType,
  Kinds extends AnswerKinds,
> extends Described {
  readonly params: Params;
  readonly query: Query;
  readonly body: Body;
  readonly answers: Kinds;
}

type Handler<
  Params extends z.ZodType,
  Query extends z.ZodType,
  Body extends z.ZodType,
  Kinds extends AnswerKinds,
> = (
  call: Call<z.output<Params>, z.output<Query>, z.output<Body>>,
) => Promise<AnswerOf<Kinds>> | AnswerOf<Kinds>;

export interface AdminRoute extends Described {
  readonly params: z.ZodType;
  readonly query: z.ZodType;
  readonly body: z.ZodType;
  readonly bodyBytesMax: number;
  readonly answers: AnswerKinds;
  readonly problems: Readonly<Record<number, string>>;
  /** Checks what came in, and does it. Throws ApiError for what is wrong with it. */
  run(call: RawCall): Promise<RouteResult>;
}

export const NOTHING = mapping({});
/** Any query at all: for what scrapers and probes ask. */
export const ANY_QUERY = z.record(z.string(), z.string());
export const NO_BODY = z.undefined();

/** Of a tenant, a flag, a secret: in the configuration as here. */
export const name = () => z.string().regex(NAME, `a name that matches ${NAME.source}`);

/** Whose script it is about: a tenant's name, or what stands for the operator. */
export const owner = () => z.string().regex(OWNER, `a name that matches ${NAME.source}`);

const OWNER = new RegExp(`${NAME.source}|^${OPERATOR}$`);

/** Two steps, so that the compiler knows the answers before it looks at what gives them. */
export function route<
  Params extends z.ZodType,
  Query extends z.ZodType,
  Body extends z.ZodType,
  const Kinds extends AnswerKinds,
>(signature: Signature<Params, Query, Body, Kinds>) {
  const { params, query, body } = signature;
  const readQuery = readerOfQuery(query);
  return {
    handle: (handler: Handler<Params, Query, Body, Kinds>): AdminRoute => ({
      bodyBytesMax: LIMITS.apiBodyBytes,
      problems: {},
      ...signature,
      run: async (call) =>
        await handler({
          ...call,
          params: parseInput(params, call.params),
          query: parseInput(query, readQuery(call.query)),
          body: parseInput(body, call.body),
        }),
    }),
  };
}
