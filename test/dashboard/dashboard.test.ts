// The dashboard in a real browser: an incident from the failing request to the way back, every page
// in both themes, what hostile text does there, and who sees what.

import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { call, deploy, TOKEN, WITH_TOKEN } from "../life/control.ts";
import { httpOrigin } from "../life/http-origin.ts";
import { oneTenant, TestProxy } from "../life/proxy.ts";
import { run } from "../support/program.ts";
import { Desk, launchBrowser, noBrowser } from "./browser.ts";

const LAUNCHER = fileURLToPath(new URL("../../bin/sluice.js", import.meta.url));

const BROKEN = `import { definePhases, log } from "sluice";
const prices: Record<string, number> = { "/cart/1": 5 };
export default definePhases({
  requestFilter(session) {
    const { pathname } = new URL(session.request.url);
    log.info("asks for " + pathname);
    if (pathname.startsWith("/cart/")) prices[pathname]!.toFixed(2);
  },
});
`;
const FIXED = BROKEN.replace("prices[pathname]!.toFixed(2)", "(prices[pathname] ?? 0).toFixed(2)");

/** Markup, a direction override, an escape sequence, a null. */
const HOSTILE = "<img src=x onerror=alert(1)><script>alert(2)</script>\u202eevil\u001b[31m\u0000";

const skip = await noBrowser();
const browser = skip === false ? await launchBrowser() : null;
const origin = await httpOrigin((_request, response) => response.end("page"));
const proxy = await TestProxy.start({
  config: {
    ...oneTenant({ pages: [origin.address] }, { hosts: ["127.0.0.1"] }),
    store: "memory",
  },
  env: WITH_TOKEN,
});
const folder = mkdtempSync(join(tmpdir(), "sluice-dashboard-"));
after(async () => {
  await browser?.close();
  await proxy[Symbol.asyncDispose]();
  await origin[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true });
});

async function open(options?: { isDark?: boolean; width?: number }): Promise<Desk> {
  if (browser === null) throw new Error("there is no browser");
  return await Desk.open(browser, proxy.admin, options);
}

const get = (path: string): Promise<Response> =>
  fetch(`${proxy.url}${path}`, { headers: { connection: "close" } });

const traffic = async () => (await call(proxy, ["GET", "/tenants/demo/traffic"])).body.versions;

test("an incident: from a failing request in the tail to the fix, and back", { skip }, async () => {
  assert.equal((await deploy(proxy, BROKEN)).status, 201);
  await using desk = await open();
  const { page } = desk;
  await desk.logIn(TOKEN);
  await desk.go("tenants/demo/tail");
  await page.getByRole("button", { name: "failed" }).click();
  await page.getByText("live, 0 lines").waitFor();
  assert.equal((await get("/cart/1")).status, 200);
  assert.equal((await get("/cart/7")).status, 500);
  await page.getByRole("row", { name: /500 GET.*\/cart\/7.*script_error/ }).click();
  const detail = page.getByRole("complementary");
  await detail.getByText("script_error").waitFor();
  await detail.getByRole("row", { name: /requestFilter.* ms/ }).waitFor();
  // the line of TypeScript
  await detail
    .getByText(/main\.ts:7:\d+/)
    .first()
    .waitFor();

  const file = join(folder, "main.ts");
  writeFileSync(file, FIXED);
  const args = [LAUNCHER, "deploy", file, "--tenant", "demo", "--percent", "5"];
  const env = { ...process.env, ...WITH_TOKEN, SLUICE_ADMIN_URL: proxy.admin };
  const deployed = await run(process.execPath, args, { cwd: folder, env });
  assert.equal(deployed.status, 0, deployed.stderr);

  await page.getByRole("link", { name: "Versions" }).click();
  await page.getByText("v2 canary").waitFor();
  await page.getByRole("button", { name: "100 %" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByText("v2 gets 100 %").waitFor();
  await dialog.getByRole("button", { name: "Give it 100 %" }).click();
  await page.getByText("every worker deals by it").waitFor();
  assert.deepEqual(await traffic(), [{ version: 2, percent: 100 }]);
  assert.equal((await get("/cart/7")).status, 200);

  await page.getByRole("button", { name: "Roll back to v1…" }).click();
  await dialog.getByText("prices[pathname]!.toFixed(2)").waitFor();
  await dialog.getByRole("button", { name: "All to v1" }).click();
  await page.getByText("v1 has all of the traffic").waitFor();
  assert.deepEqual(await traffic(), [{ version: 1, percent: 100 }]);
  assert.deepEqual(desk.complaints, []);
});

const PAGES = [
  "",
  "tenants",
  "tail",
  "metrics",
  "audit",
  "tenants/demo",
  "tenants/demo/versions",
  "tenants/demo/versions/2?from=1",
  "tenants/demo/tail",
  "tenants/demo/requests",
  "tenants/demo/metrics",
  "tenants/demo/values",
  "tenants/demo/upstreams",
];

for (const isDark of [false, true]) {
  const theme = isDark ? "dark" : "light";
  test(`every page is accessible in ${theme}, and asks for nothing elsewhere`, {
    skip,
  }, async () => {
    await call(proxy, ["PUT", "/tenants/demo/flags/hostile"], { value: HOSTILE });
    await using desk = await open({ isDark });
    await desk.page.goto(proxy.admin);
    await desk.page.getByLabel("Token of the admin API").waitFor();
    assert.deepEqual(await desk.violations(), [], "log in");
    await desk.logIn(TOKEN);
    for (const path of PAGES) {
      await desk.go(path);
      assert.deepEqual(await desk.violations(isDark ? "colours" : "all"), [], path);
    }
    assert.deepEqual(desk.complaints, []);
  });
}

test("what visitors and scripts write is text, with what would be invisible", {
  skip,
}, async () => {
  const script = `import { definePhases, log } from "sluice";
export default definePhases({
  requestFilter(session) { log.warn(${JSON.stringify(HOSTILE)}); throw new Error("<b>bold</b>"); },
});`;
  const made = await deploy(proxy, script, { message: HOSTILE.replace("\u0000", "") });
  assert.equal(made.status, 201, JSON.stringify(made.body));
  await using desk = await open();
  const { page } = desk;
  await desk.logIn(TOKEN);
  await desk.go("tail");
  await page.getByText("live, 0 lines").waitFor();
  await get("/%3Cimg%20src=x%20onerror=alert(3)%3E?q=<svg/onload=alert(4)>");
  await page
    .getByRole("row", { name: /requestFilter.*onerror=alert\(1\).*\\u\{202e\}evil/ })
    .waitFor();
  await page.getByRole("row", { name: /500 GET.*onload=alert\(4\)/ }).click();
  await page.getByRole("complementary").getByText("<b>bold</b>").first().waitFor();
  for (const path of [
    "tenants/demo/versions",
    "tenants/demo/values",
    "audit",
    "tenants/demo/versions/3",
  ]) {
    await desk.go(path);
    const strangers = page.locator("main :is(img, script, svg[onload], b:text-is('bold'))");
    assert.equal(await strangers.count(), 0, path);
  }
  assert.deepEqual(desk.complaints, []);
  await call(proxy, ["POST", "/tenants/demo/rollback"], { version: 1 });
});

test("a tenant's reader sees that tenant, and may change nothing", { skip }, async () => {
  const made = await call(proxy, ["POST", "/tokens"], { role: "reader", tenant: "demo" });
  await using desk = await open({ width: 390 });
  const { page } = desk;
  await desk.logIn(String(made.body.token));
  await page.getByRole("heading", { name: /demo.*Overview/ }).waitFor();
  assert.equal(await page.getByRole("link", { name: "Audit log" }).count(), 0);
  await desk.go("tenants/demo/versions");
  const buttons = page.locator("main").getByRole("button", { name: /All to|Roll back|%/ });
  for (const button of await buttons.all()) assert.ok(await button.isDisabled());
  assert.deepEqual(desk.complaints, []);
  await desk.go("audit");
  await page.getByText("Your token may not see this.").waitFor();
  await call(proxy, ["DELETE", `/tokens/${made.body.id}`]);
  await desk.go("tenants/demo/metrics");
  await page.getByLabel("Token of the admin API").waitFor();
});

test("while the API is down the page keeps what it had, and asks ever more rarely", {
  skip,
}, async () => {
  await using desk = await open();
  const { page } = desk;
  await desk.logIn(TOKEN);
  await page.getByText("Last changes").waitFor();
  await page.route("**/v1/**", (route) => route.abort());
  await page.getByText("The admin API has not answered since").waitFor();
  desk.calls.length = 0;
  await page.getByText("Last changes").waitFor();
  await page.unroute("**/v1/**");
  await page.getByText("The admin API has not answered since").waitFor({ state: "detached" });
  assert.ok(desk.calls.length < 20, desk.calls.join());
});

test("a link with a token, as a terminal prints it, leads to the overview", { skip }, async () => {
  await using desk = await open();
  await desk.page.goto(`${proxy.admin}/dashboard/#token=${TOKEN}`);
  await desk.page.getByText("Last changes").waitFor();
  assert.equal(new URL(desk.page.url()).hash, "#/", "the token is out of the address");
});

test("what a browser loads first has at most 60 KB", async () => {
  const at = `${proxy.admin}/dashboard/`;
  const page = await (await fetch(at)).text();
  const names = [...page.matchAll(/(?:href|src)="([^"]+\.(?:js|css|svg))"/g)].map(
    ([, name = ""]) => name,
  );
  assert.equal(names.length, 3);
  let bytes = gzipSync(page).length;
  for (const name of names) {
    const answered = await fetch(`${at}${name}`);
    assert.equal(answered.status, 200, name);
    bytes += gzipSync(await answered.bytes(), { level: 9 }).length;
  }
  assert.ok(bytes <= 60_000, `${bytes} bytes`);
});
