// What would become of a request, without sending it: whose it is, which route it takes, which
// version of the script it gets, where it would go, and why.

import * as z from "zod";
import { isIpAddress } from "../../base/config/address.ts";
import { checked, mapping, text } from "../../base/config/fields.ts";
import { LIMITS } from "../../base/limits.ts";
import type { Live } from "../live.ts";
import { type AdminRoute, json, NOTHING, name, route } from "./route.ts";
import { expectServed } from "./served.ts";

const ROUTE = z.object({
  path: z.string(),
  exact: z.boolean(),
  host: z.string(),
  methods: z.array(z.string()).readonly().describe("Empty: any."),
});

const VERSION = z.object({
  version: z.int(),
  percent: z.number(),
  by: z.enum(["only", "share", "pass"]).describe("pass: a tester's."),
  outOfService: z.string().describe("Why no request runs it; empty: requests do."),
  hooks: z.array(z.string()).readonly().nullable().describe("null: not known."),
});

const UPSTREAM = z.object({
  group: z.string(),
  balance: z.string(),
  peers: z
    .array(z.object({ address: z.string(), state: z.string(), active: z.int() }))
    .readonly()
    .nullable()
    .describe("null: for operators."),
});

const EXPLANATION = z.object({
  tenant: z.string().nullable().describe("null: nobody's."),
  host: z.string().nullable().describe("The tenant's host that fits."),
  client: z.string().describe("Its address, as trusted proxies say."),
  route: ROUTE.nullable().describe("null: none is taken."),
  end: z
    .object({
      status: z.int(),
      code: z.string().nullable().describe("Of an error; null: the configuration answers."),
      location: z.string().nullable(),
    })
    .nullable()
    .describe("What the proxy answers by itself; null: the request goes on."),
  version: VERSION.nullable().describe("null: no script runs."),
  layer: VERSION.nullable().describe("Of the operator's script, to operators; null: none runs."),
  upstream: UPSTREAM.nullable().describe("Unless the script chooses another; null: none."),
  loop: z
    .enum(["redirect", "upstream"])
    .nullable()
    .describe("By what it comes back for ever; null: it does not."),
  reasons: z.array(z.string()).readonly().describe("Why, in the order in which it is decided."),
});

export type Explanation = z.output<typeof EXPLANATION>;
export type ExplainedVersion = z.output<typeof VERSION>;

const HEADER_VALUE = /^[^\r\n\0]*$/;

const REQUEST = mapping({
  method: checked({
    expected: "a method",
    pattern: /^[!#$%&'*+\-.^_`|~0-9A-Za-z]{1,64}$/,
    isValid: () => true,
  }).default("GET"),
  url: checked({
    expected: "a URL that begins with http:// or https://",
    // who parses a URL leaves line breaks and tabs out; the head that is made of it would have them
    pattern: /^https?:\/\/[^\r\n\t]*$/i,
    isValid: (value) => value.length <= LIMITS.explainedChars && URL.canParse(value),
  }),
  headers: z
    .record(
      z.string().regex(/^[!#$%&'*+\-.^_`|~0-9A-Za-z]{1,256}$/, "a name of a header field"),
      text().regex(HEADER_VALUE, "a value without line breaks").max(LIMITS.explainedChars),
      "a mapping",
    )
    .default({})
    .describe(
      "A tester's pass and what trusted proxies say are among them. Host: of a request on a " +
        "connection that was made for the URL's.",
    ),
  client: checked({
    expected: "an IP address",
    pattern: /^[0-9A-Fa-f:.]+$/,
    isValid: isIpAddress,
  })
    .default("127.0.0.1")
    .describe("Who connects."),
});

export type ExplainedRequest = z.output<typeof REQUEST>;

/** The fleet implements it. */
export interface ExplainAccess {
  /**
   * @param only  whose request it has to be: of others', and of nobody's, it says that alone, since
   *   who has a host is nobody else's business; null: whosever it is
   */
  explain(request: ExplainedRequest, only: string | null): Promise<Explanation>;
}

const DESCRIPTION =
  "Nothing is sent, and nothing is taken of any limit: whether a client has asked too often, or " +
  "the proxy is overloaded, is not part of it. Nor is what hooks decide.";

export const explainRoutes = (
  { explain }: ExplainAccess,
  live: Pick<Live, "tenants">,
): readonly AdminRoute[] => [
  route({
    method: "POST",
    path: "/v1/explain",
    access: "operator",
    summary: "What would become of a request, and why",
    description: DESCRIPTION,
    params: NOTHING,
    query: NOTHING,
    body: REQUEST,
    answers: { 200: json("As it would be now.", EXPLANATION) },
  }).handle(async ({ body }) => ({ status: 200, body: await explain(body, null) })),

  route({
    method: "POST",
    path: "/v1/tenants/{tenant}/explain",
    access: "reader",
    summary: "What would become of a request of a tenant, and why",
    description: DESCRIPTION,
    params: mapping({ tenant: name() }),
    query: NOTHING,
    body: REQUEST,
    answers: { 200: json("As it would be now.", EXPLANATION) },
    problems: { 404: "There is no such tenant." },
  }).handle(async ({ params, body, caller }) => {
    expectServed(live, params.tenant);
    const whole = await explain(body, params.tenant);
    return { status: 200, body: caller.role === "operator" ? whole : withoutOperators(whole) };
  }),
];

const withoutOperators = (whole: Explanation): Explanation => ({
  ...whole,
  layer: null,
  upstream: whole.upstream === null ? null : { ...whole.upstream, peers: null },
});
