// The dashboard on the admin address: static files under /dashboard/. The page has nothing of its
// own: whatever it shows and does it asks the admin API for, with the rights of who has logged in.

import type { BrowserOptions } from "../api/browser.ts";
import { expectOwnHost } from "../api/browser.ts";
import { ApiError } from "../api/problem.ts";
import type { StaticFiles } from "./files.ts";

/** What the app asks for; another one in tests. */
export type FindFiles = () => Promise<StaticFiles>;

export const DASHBOARD_PATH = "/dashboard/";

/** Nothing inline, nothing from elsewhere, in nobody's frame, and no text becomes HTML. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "connect-src 'self'",
  "img-src 'self' data:",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
  "trusted-types 'none'",
].join("; ");

const HEADERS = {
  "Content-Security-Policy": POLICY,
  "X-Content-Type-Options": "nosniff",
  "Referrer-Policy": "no-referrer",
  "Cross-Origin-Opener-Policy": "same-origin",
  "Cross-Origin-Resource-Policy": "same-origin",
} as const;

/** Names have a hash of what is in them, but for these. */
const CHANGING: ReadonlySet<string> = new Set(["index.html", "icon.svg", "licenses.txt"]);
const FOR_EVER = "public, max-age=31536000, immutable";

/** @param name  behind the prefix; empty: the page */
export async function answerFile(
  name: string,
  headers: Headers,
  { files, hosts }: BrowserOptions & { readonly files: FindFiles },
): Promise<Response> {
  expectOwnHost(headers, { hosts });
  const wanted = name === "" ? "index.html" : name;
  const file = (await filesOr503(files)).get(wanted);
  if (file === undefined) throw new ApiError(404, "The dashboard has no such file.");
  const { contentType, bytes } = file;
  const cache = CHANGING.has(wanted) ? "no-cache" : FOR_EVER;
  const own = { "Content-Type": contentType, "Content-Length": String(bytes.length) };
  return new Response(bytes, { headers: { ...HEADERS, ...own, "Cache-Control": cache } });
}

async function filesOr503(files: FindFiles): Promise<StaticFiles> {
  try {
    return await files();
  } catch (thrown) {
    const why = thrown instanceof Error ? (thrown.message.split("\n")[0] ?? "") : String(thrown);
    throw new ApiError(503, `Cannot build the dashboard (npm ci installs what it needs): ${why}`);
  }
}

/** Whoever opens the admin address in a browser finds it; null: it is a program that asks. */
export function redirectToDashboard(headers: Headers): Response | null {
  if (!(headers.get("accept") ?? "").includes("text/html")) return null;
  // relative, so that it holds under the prefix of whatever stands in front
  return new Response(null, { status: 302, headers: { Location: DASHBOARD_PATH.slice(1) } });
}
