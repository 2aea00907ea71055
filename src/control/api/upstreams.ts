// The groups of a tenant's peers: how each peer stands, and what an operator changes of that while
// the proxy runs.

import * as z from "zod";
import { parsePeerAddress } from "../../base/config/address.ts";
import { checked, choice, integer, mapping, milliseconds } from "../../base/config/fields.ts";
import { PEER_STATES } from "../../upstream/control/controlled-peer.ts";
import type { PeerPlace, PeerRefusal } from "../upstreams-access.ts";
import { expectTenant } from "./known-tenant.ts";
import { type ApiParts, auditOf } from "./parts.ts";
import { ApiError } from "./problem.ts";
import {
  type AdminRoute,
  type Caller,
  empty,
  json,
  NO_BODY,
  NOTHING,
  name,
  route,
} from "./route.ts";

type Parts = Pick<ApiParts, "store" | "file" | "upstreams">;

const PATH = "/v1/tenants/{tenant}/upstreams";
const PEER_PATH = `${PATH}/{group}/peers/{peer}`;

const PEER = z.object({
  address: z.string(),
  state: z.enum(PEER_STATES),
  reason: z.string().describe("Why; empty: the state says it."),
  weight: z.int(),
  priority: z.int(),
  origin: z.enum(["file", "added"]),
  active: z.int().describe("Under way, WebSockets among them."),
  answered: z.int().describe("Attempts since the proxy started."),
  failed: z.int().describe("Attempts without an answer, or with one from 500 on."),
  ejections: z.int(),
});

const GROUP = z.object({
  name: z.string(),
  balance: z.string(),
  panic: z.boolean().describe("So few peers are sound that all are used."),
  queued: z.int().describe("Requests that wait for a peer with room."),
  peers: z.array(PEER),
});

export const upstreamRoutes = (parts: Parts): readonly AdminRoute[] => [
  listRoute(parts),
  changeRoute(parts),
  addRoute(parts),
  removeRoute(parts),
];

const address = () =>
  checked({
    expected: "host:port, such as 10.0.0.7:9001, or unix:/path",
    pattern: /^(?:.+:[0-9]+|unix:\/.+)$/,
    isValid: (value) => parsePeerAddress(value) !== null,
  });

const peerParams = () => mapping({ tenant: name(), group: name(), peer: address() });

const weight = () => integer(1, 1_000);

const PROBLEMS = {
  404: "There is no such tenant, group or peer.",
  409: "The peer is there already, or there is no room for one more, or it is the last.",
};

const REFUSALS: Readonly<Record<PeerRefusal, ApiError>> = {
  none: new ApiError(404, "There is no such group or peer."),
  there: new ApiError(409, "The group has this peer already."),
  full: new ApiError(409, "No more peers can be added: put them into the configuration."),
  last: new ApiError(409, "This is the last peer of the group: disable it instead."),
};

const listRoute = ({ upstreams, ...parts }: Parts): AdminRoute =>
  route({
    method: "GET",
    path: PATH,
    access: "operator",
    summary: "The groups of a tenant's peers, and how each peer stands",
    params: mapping({ tenant: name() }),
    query: NOTHING,
    body: NO_BODY,
    answers: { 200: json("All.", z.object({ upstreams: z.array(GROUP) })) },
    problems: { 404: "There is no such tenant." },
  }).handle(async ({ params: { tenant } }) => {
    const id = await expectTenant(parts, tenant);
    const groups = upstreams.of(id).map((group) => ({ ...group, peers: [...group.peers] }));
    return { status: 200, body: { upstreams: groups } };
  });

const changeRoute = (parts: Parts): AdminRoute =>
  route({
    method: "PUT",
    path: PEER_PATH,
    access: "operator",
    summary: "Drain, disable or weigh a peer, or take it back",
    description: "What is left out stays. It holds until the process ends; a handover keeps it.",
    params: peerParams(),
    query: NOTHING,
    body: mapping({
      state: choice(["ready", "draining", "disabled"])
        .optional()
        .describe("draining: no new clients, and those that stick to it stay."),
      weight: weight().optional(),
      drainMs: milliseconds().optional().describe("When a drain is over at the latest."),
    }),
    answers: { 204: empty("It stands as asked.") },
    problems: PROBLEMS,
  }).handle(async ({ params, body, caller }) => {
    const place = await placeOf(parts, params);
    const { state, weight: share, drainMs } = body;
    const detail = { state: state ?? null, weight: share ?? null, drainMs: drainMs ?? null };
    return await done(parts, { params, caller, action: "upstream.change", detail }, () =>
      parts.upstreams.change(place, body),
    );
  });

const addRoute = (parts: Parts): AdminRoute =>
  route({
    method: "POST",
    path: PEER_PATH,
    access: "operator",
    summary: "Add a peer to a group",
    description: "With the group's TLS and timeouts. It holds as long as a drain does.",
    params: peerParams(),
    query: NOTHING,
    body: mapping({ weight: weight().default(1), priority: integer(0, 15).default(0) }),
    answers: { 204: empty("It takes requests, once the first check has passed if there are any.") },
    problems: PROBLEMS,
  }).handle(async ({ params, body, caller }) => {
    const place = await placeOf(parts, params);
    return await done(parts, { params, caller, action: "upstream.add", detail: body }, () =>
      parts.upstreams.add(place, body),
    );
  });

const removeRoute = (parts: Parts): AdminRoute =>
  route({
    method: "DELETE",
    path: PEER_PATH,
    access: "operator",
    summary: "Take a peer out of a group",
    description: "What is under way at it goes on. One of the file is back when the process ends.",
    params: peerParams(),
    query: NOTHING,
    body: NO_BODY,
    answers: { 204: empty("It takes no requests any more.") },
    problems: PROBLEMS,
  }).handle(async ({ params, caller }) => {
    const place = await placeOf(parts, params);
    return await done(parts, { params, caller, action: "upstream.remove", detail: {} }, () =>
      parts.upstreams.remove(place),
    );
  });

interface PeerParams {
  readonly tenant: string;
  readonly group: string;
  readonly peer: string;
}

async function placeOf(parts: Parts, { tenant, group, peer }: PeerParams): Promise<PeerPlace> {
  const id = await expectTenant(parts, tenant);
  return { tenant: id, group, peer: parsePeerAddress(peer)?.address ?? peer };
}

interface Audited {
  readonly params: PeerParams;
  readonly caller: Caller;
  readonly action: string;
  readonly detail: Readonly<Record<string, string | number | null>>;
}

async function done(
  { store }: Parts,
  { params: { tenant, group, peer }, caller, action, detail }: Audited,
  change: () => PeerRefusal | null,
): Promise<{ status: 204 }> {
  const refusal = change();
  if (refusal !== null) throw REFUSALS[refusal];
  const target = `peer ${peer} of ${group}`;
  await store.addAudit(auditOf(caller, action, { tenant, target, detail }));
  return { status: 204 };
}
