// What an operator may make the proxy do over the admin listener: POST, from this machine only. A
// page in a browser on this machine is no operator: it can send neither a Host that is an address
// (after it made its own name point here) nor JSON (without asking first, which we never grant).

import type { IncomingMessage, ServerResponse } from "node:http";
import { BlockList, isIP } from "node:net";
import { sendProblem } from "./problem.ts";

export interface ActionResult {
  readonly status: number;
  /** Sent as JSON. */
  readonly body: object;
}

/** By path. */
export type Actions = ReadonlyMap<string, () => Promise<ActionResult>>;

const LOOPBACK = new BlockList();
LOOPBACK.addSubnet("127.0.0.0", 8, "ipv4");
LOOPBACK.addAddress("::1", "ipv6");

/** Does it and answers, or answers why not. */
export async function act(
  request: IncomingMessage,
  response: ServerResponse,
  action: () => Promise<ActionResult>,
): Promise<void> {
  if (request.method !== "POST") {
    response.setHeader("Allow", "POST");
    const detail = "This path answers POST.";
    return sendProblem(response, { status: 405, title: "Method Not Allowed", detail });
  }
  const reason = refusalOf(request);
  if (reason !== null) {
    return sendProblem(response, { status: 403, title: "Forbidden", detail: reason });
  }
  const { status, body } = await action();
  const text = `${JSON.stringify(body)}\n`;
  const type = status < 400 ? "application/json" : "application/problem+json";
  response.writeHead(status, { "Content-Type": type, "Content-Length": Buffer.byteLength(text) });
  response.end(text);
}

function refusalOf({ socket, headers }: IncomingMessage): string | null {
  const remote = socket.remoteAddress?.replace(/^::ffff:/, "") ?? "";
  const family = isIP(remote) === 6 ? "ipv6" : "ipv4";
  if (isIP(remote) === 0 || !LOOPBACK.check(remote, family)) {
    return "Expected a request from this machine.";
  }
  const host = (headers.host ?? "").replace(/:\d+$/, "").replace(/^\[|\]$/g, "");
  if (host !== "localhost" && isIP(host) === 0)
    return "Expected an IP address or localhost as Host.";
  const isJson = /^application\/json\b/.test(headers["content-type"] ?? "");
  return isJson ? null : "Expected Content-Type: application/json.";
}
