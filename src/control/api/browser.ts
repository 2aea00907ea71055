// What a browser may ask with a session, and from where. A cookie is sent by whatever page asks, so
// a call with one must come from our own page: as the browser says in Sec-Fetch-Site, or else by
// Origin. And the name in Host must be ours, or a page that made its own name point here would
// count as our own (DNS rebinding).

import { isIP } from "node:net";
import { isLoopbackAddress } from "../../base/config/address.ts";
import { ApiError } from "./problem.ts";

export interface BrowserOptions {
  /** Host names that browsers may use, besides addresses and localhost. */
  readonly hosts: readonly string[];
}

/** What is looked at of a request. */
export interface Asked {
  readonly headers: Headers;
  readonly isTls: boolean;
}

/** Throws 421 for a name that is not ours. */
export function expectOwnHost(headers: Headers, { hosts }: BrowserOptions): void {
  const { name } = hostOf(headers);
  if (name === "localhost" || isIP(name) !== 0 || hosts.includes(name)) return;
  const detail = `Expected an address, localhost or a name of admin.hosts as Host.`;
  throw new ApiError(421, detail);
}

/**
 * Throws 403 for what another page asks. Programs say neither Sec-Fetch-Site nor Origin, and pass.
 */
export function expectOwnPage(headers: Headers): void {
  const site = headers.get("sec-fetch-site");
  const origin = headers.get("origin");
  // "none": a person typed the address
  const isForeign =
    site === null
      ? origin !== null && hostIn(origin) !== headers.get("host")?.toLowerCase()
      : site !== "same-origin" && site !== "none";
  if (isForeign) throw new ApiError(403, "Expected a call of the dashboard's own page.");
}

/** Throws 403 where a browser would not keep the cookie, or anybody on the way could read it. */
export function expectPrivate({ headers, isTls }: Asked, { hosts }: BrowserOptions): void {
  const { name } = hostOf(headers);
  const isOwn = name === "localhost" || isLoopbackAddress(name) || hosts.includes(name);
  if (isTls || isOwn) return;
  const how = "by TLS (admin.tls), through SSH at localhost, or under a name of admin.hosts";
  throw new ApiError(403, `No session in the clear from elsewhere: open the dashboard ${how}.`);
}

/** @param value  empty: it is taken back */
export function setCookie(asked: Asked, value: string): string {
  const [prefix, secure] = isSecure(asked) ? ["__Host-", "; Secure"] : ["", ""];
  const name = `${prefix}${bareNameOf(asked.headers)}`;
  const end = value === "" ? "; Max-Age=0" : "";
  return `${name}=${value}; Path=/; HttpOnly; SameSite=Strict${secure}${end}`;
}

/** The cookie of a session, by either name; null: there is none. */
export function cookieOf(headers: Headers): string | null {
  const own = bareNameOf(headers);
  for (const part of (headers.get("cookie") ?? "").split("; ")) {
    const [name = "", value = ""] = part.split("=", 2);
    if (name === own || name === `__Host-${own}`) return value;
  }
  return null;
}

/** Cookies know no ports: a proxy on another port of this host has one of another name. */
function bareNameOf(headers: Headers): string {
  const { port } = hostOf(headers);
  return port === "" ? "sluice" : `sluice-${port}`;
}

/** Also where something in front of us speaks TLS: the page's own address says so. */
const isSecure = ({ headers, isTls }: Asked): boolean =>
  isTls || (headers.get("origin") ?? "").startsWith("https://");

function hostOf(headers: Headers): { readonly name: string; readonly port: string } {
  const host = (headers.get("host") ?? "").toLowerCase();
  const [, name = "", port = ""] = /^(.*?)(?::(\d*))?$/.exec(host) ?? [];
  return { name: name.replace(/^\[|\]$/g, ""), port };
}

const hostIn = (origin: string): string | null =>
  URL.canParse(origin) ? new URL(origin).host : null;
