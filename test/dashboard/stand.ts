// A proxy with one tenant and a browser, for the tests of one file.

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after } from "node:test";
import { call, WITH_TOKEN } from "../life/control.ts";
import { httpOrigin } from "../life/http-origin.ts";
import { oneTenant, TestProxy } from "../life/proxy.ts";
import { Desk, type DeskOptions, launchBrowser, noBrowser } from "./browser.ts";

export const skip = await noBrowser();
const browser = skip === false ? await launchBrowser() : null;
const origin = await httpOrigin((_request, response) => response.end("page"));
export const proxy = await TestProxy.start({
  config: {
    ...oneTenant({ pages: [origin.address] }, { hosts: ["127.0.0.1"] }),
    store: "memory",
  },
  env: WITH_TOKEN,
});
/** For files of a test. */
export const folder = mkdtempSync(join(tmpdir(), "sluice-dashboard-"));
after(async () => {
  await browser?.close();
  await proxy[Symbol.asyncDispose]();
  await origin[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true });
});

/** @param admin  where the page is, if not at the proxy itself */
export async function open(options?: DeskOptions, admin = proxy.admin): Promise<Desk> {
  if (browser === null) throw new Error("there is no browser");
  return await Desk.open(browser, admin, options);
}

export const get = (
  path: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<Response> =>
  fetch(`${proxy.url}${path}`, { headers: { connection: "close", ...headers } });

export const traffic = async () =>
  (await call(proxy, ["GET", "/tenants/demo/traffic"])).body.versions;
