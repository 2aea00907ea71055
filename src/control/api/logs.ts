// The live tail, of one tenant or of all: requests and script lines as server-sent events, for
// `sluice tail` and for browsers.

import * as z from "zod";
import { CLUSTER_LIMITS } from "../../base/cluster-limits.ts";
import { choice, integer, mapping } from "../../base/config/fields.ts";
import { OPERATOR } from "../../base/config/operator.ts";
import { LIMITS } from "../../base/limits.ts";
import type { TailFilter } from "../../observe/tail-filter.ts";
import { HOOKS } from "../../wire/phases.ts";
import { TailOfNodes } from "../tail-of-nodes.ts";
import type { TailSource } from "../tail-source.ts";
import { EventBody } from "./event-body.ts";
import { NoTenant } from "./no-tenant.ts";
import {
  expectMe,
  MISDIRECTED,
  meantBy,
  NO_PROXY,
  type OtherParts,
  questionOf,
  whichNodes,
} from "./of-nodes.ts";
import { ApiError } from "./problem.ts";
import { type AdminRoute, type Caller, NO_BODY, NOTHING, owner, route, text } from "./route.ts";

export interface LogParts {
  readonly tails: TailSource;
  /** Identity of the one that serves under this name; null: none does. */
  tenantId(name: string): string | null;
  /** Whether the token of a call that goes on opens anything still. */
  stillOpens(caller: Caller): Promise<boolean>;
}

const DAY_MS = 86_400_000;
/** Until it must be read, since it was asked for: those that are slow to answer are waited for. */
const UNREAD_MS = LIMITS.tailOpenMs + CLUSTER_LIMITS.askMs;
/** Several, with commas. */
const STATUS = "(?:[1-5]\\d\\d|[1-5]xx|0|error)";
const STATUSES = new RegExp(`^${STATUS}(?:,${STATUS}){0,${LIMITS.tailStatuses - 1}}$`);
const VERSION = /^(?:v?[1-9]\d{0,8}|[^\s@]{1,200}@[0-9a-f]{8})$/;

const searched = `at most ${LIMITS.tailSearchChars} characters`;

const QUERY = mapping({
  status: z
    .string()
    .regex(STATUSES, "statuses with commas: 404, 5xx, or error")
    .optional()
    .describe("Requests with one of these statuses; error: whatever failed, script lines too."),
  hook: choice(HOOKS).optional().describe("What this hook said, and no requests."),
  slow: integer(0, DAY_MS).optional().describe("Requests that took so many ms, and no lines."),
  search: z
    .string()
    .max(LIMITS.tailSearchChars, searched)
    .optional()
    .describe("What has this text in its id, host, target, message or reason."),
  version: z
    .string()
    .regex(VERSION, "the number of a version, or a name as main.ts@3fa1c2d4")
    .optional()
    .describe("What this version of the script served or said."),
  nodes: whichNodes(),
});

const COMMON = {
  method: "GET",
  description:
    "Events `request` and `log` have the line as JSON, `dropped` the number of lines that the " +
    "reader was too slow for; with nodes=all, `node` which proxy does not answer, and why. It " +
    "ends when the proxy does, and says when to come again; and with the token and the tenant " +
    "that it was opened for.",
  query: QUERY,
  body: NO_BODY,
  answers: { 200: text("Server-sent events.", "text/event-stream; charset=utf-8") },
  problems: {
    ...MISDIRECTED,
    ...NO_PROXY,
    503: "There are as many readers as there may be, or the proxy ends.",
  },
} as const;

export const logRoutes = (parts: LogParts & OtherParts): readonly AdminRoute[] => [
  route({
    ...COMMON,
    path: "/v1/tenants/{tenant}/logs",
    access: "reader",
    summary: "Requests and script lines as they happen",
    params: mapping({ tenant: owner() }),
  }).handle(async ({ params: { tenant }, query, caller, headers }) => {
    const { tenantId, stillOpens } = parts;
    const id = tenantId(tenant);
    if (id === null) throw new NoTenant(tenant);
    const mayRead = async () => tenantId(tenant) === id && (await stillOpens(caller));
    const body = await open(parts, { tenant, query, headers, caller, mayRead });
    return { status: 200, body: body.stream };
  }),

  route({
    ...COMMON,
    path: "/v1/logs",
    access: "operator",
    summary: "Requests and script lines of all tenants as they happen",
    params: NOTHING,
  }).handle(async ({ query, caller, headers }) => {
    const mayRead = () => parts.stillOpens(caller);
    const body = await open(parts, { tenant: null, query, headers, caller, mayRead });
    return { status: 200, body: body.stream };
  }),
];

interface Wanted {
  readonly tenant: string | null;
  readonly query: z.output<typeof QUERY>;
  readonly headers: Headers;
  readonly caller: Caller;
  readonly mayRead: () => Promise<boolean>;
}

async function open({ tails, others }: LogParts & OtherParts, wanted: Wanted): Promise<EventBody> {
  const { tenant, query, headers, mayRead } = wanted;
  expectMe(headers, others);
  const meant = await meantBy(others, query.nodes);
  const only = query.nodes === "all" ? null : query.nodes;
  const unread = setTimeout(() => body.abandon(), UNREAD_MS).unref();
  const body = new EventBody(() => clearTimeout(unread), mayRead);
  const filter = filterOf(tenant, query);
  const question = questionOf(wanted, pathOf(tenant, query));
  const tail = meant === null ? null : new TailOfNodes({ ...meant, only, question, reader: body });
  const isOwn = meant?.isOwn ?? true;
  const own = await tails.open(isOwn ? filter : { ...filter, version: NONE }, tail?.local ?? body);
  if (own !== null) {
    body.tail = {
      close() {
        own.close();
        tail?.close();
      },
    };
    await tail?.open();
    return body;
  }
  clearTimeout(unread);
  const detail = `Cannot tail: expected at most ${LIMITS.tailReaders} readers, got one more.`;
  throw new ApiError(503, detail, { headers: { "Retry-After": "10" } });
}

/** No version's name: this proxy has nothing to say, but a heartbeat and an end. */
const NONE = "-";

/** Of one proxy's own tail. */
function pathOf(tenant: string | null, query: z.output<typeof QUERY>): string {
  const { nodes: _, ...rest } = query;
  const given = Object.entries(rest).flatMap(([key, value]) =>
    value === undefined ? [] : [[key, String(value)]],
  );
  const owned = tenant === OPERATOR ? "operator/" : `tenants/${tenant}/`;
  return `/v1/${tenant === null ? "" : owned}logs?${new URLSearchParams(given)}`;
}

function filterOf(tenant: string | null, query: z.output<typeof QUERY>): TailFilter {
  const { status, hook = null, slow = null, search = null, version = null } = query;
  return {
    tenant,
    statuses: status === undefined ? [] : status.split(","),
    hook,
    slowMs: slow,
    search: search === "" ? null : search,
    // as log lines name it
    version: version !== null && /^\d+$/.test(version) ? `v${version}` : version,
  };
}
