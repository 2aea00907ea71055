// The dashboard in a real browser: every page in both themes, what hostile text does there, who
// sees what, and how much a page loads, draws and asks.

import assert from "node:assert/strict";
import { before, test } from "node:test";
import { gzipSync } from "node:zlib";
import type { Route } from "playwright-core";
import { call, deploy, TOKEN, versioned } from "../life/control.ts";
import { get, open, proxy, skip } from "./stand.ts";

/** Markup, a direction override, an escape sequence, a null. */
const HOSTILE = "<img src=x onerror=alert(1)><script>alert(2)</script>\u202eevil\u001b[31m\u0000";

const PAGES = [
  "",
  "tenants",
  "tail",
  "metrics",
  "explain",
  "nodes",
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

before(async () => {
  for (const message of ["the first", "the second"]) {
    const made = await deploy(proxy, versioned(message), { message });
    assert.equal(made.status, 201, JSON.stringify(made.body));
  }
});

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
    await desk.page.keyboard.press("?");
    await desk.page.getByRole("dialog", { name: "Keys" }).waitFor();
    assert.deepEqual(await desk.violations(), [], "keys");
    await desk.page.keyboard.press("Escape");
    await desk.go("tenants/demo/versions");
    await desk.page.getByRole("button", { name: "Capture…" }).click();
    await desk.page.getByRole("dialog", { name: "Capture requests of demo" }).waitFor();
    assert.deepEqual(await desk.violations(), [], "capture");
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
  const buttons = page.locator("main").getByRole("button", { name: /All to|Roll back|%|Capture/ });
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

/** As a stream, numbered. */
function scriptLines(from: number, to: number): string {
  const time = new Date().toISOString();
  const lines = Array.from({ length: to - from }, (_, index) => {
    const msg = `line ${from + index}`;
    return JSON.stringify({ time, level: "info", msg, tenant: "demo", source: "script" });
  });
  return lines.map((line) => `event: log\ndata: ${line}\n\n`).join("");
}

test("a tail of thousands of lines draws those that are seen, and keeps what is paused and focused", {
  skip,
}, async () => {
  await using desk = await open();
  const { page } = desk;
  const [paused, focused] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const parts = [
    { when: Promise.resolve(), body: scriptLines(0, 40) },
    {
      when: paused.promise,
      body: `${scriptLines(40, 12_040)}event: dropped\ndata: {"lines":7}\n\n`,
    },
    { when: focused.promise, body: scriptLines(12_040, 12_140) },
  ];
  let streams = 0;
  const answer = async (route: Route): Promise<void> => {
    const part = parts[streams++];
    await part?.when;
    await route.fulfill({ contentType: "text/event-stream", body: part?.body ?? "" });
  };
  await page.route(/\/v1\/logs\?/, answer, { times: parts.length });
  await desk.logIn(TOKEN);
  await desk.go("tail");
  await page.getByText("line 39").waitFor();
  await page.getByRole("button", { name: "Pause" }).click();
  paused.resolve();
  await page.getByRole("button", { name: "Go on (12,001 new)" }).waitFor();
  assert.ok(await page.getByText("line 39").isVisible(), "what is read is not pushed out");
  await page.getByRole("button", { name: "Go on" }).click();
  await page.getByText("10,000 lines, 7 left out by the proxy").waitFor();
  await page.getByText("7 lines were left out").waitFor();
  const rows = page.getByRole("row");
  assert.ok((await rows.count()) < 80, `${await rows.count()} rows`);
  const grid = page.getByRole("grid");
  assert.equal(await grid.getAttribute("aria-rowcount"), "12041");
  await rows.filter({ hasText: "line 12039" }).getByRole("button").focus();
  focused.resolve();
  await page.getByText("line 12139").waitFor();
  const inRow = `document.activeElement.closest(".row")?.innerText ?? ""`;
  assert.match(await page.evaluate<string>(inRow), /line 12039/);
});

/** As the keys that copy do, of all lines that are seen. */
const COPY = `(() => {
  getSelection().selectAllChildren(document.querySelector(".belt"));
  const clipboardData = new DataTransfer();
  const options = { clipboardData, bubbles: true, cancelable: true };
  document.querySelector(".row").dispatchEvent(new ClipboardEvent("copy", options));
  return clipboardData.getData("text/plain");
})()`;

test("text of the tail is selected without opening it, and lines stand still meanwhile", {
  skip,
}, async () => {
  await using desk = await open();
  const { page } = desk;
  await desk.logIn(TOKEN);
  await desk.go("tail");
  await page.getByText("live, 0 lines").waitFor();
  await get("/selected/one");
  const row = page.getByRole("row", { name: /\/selected\/one/ });
  const { x, y, width, height } = (await row.locator(".url").boundingBox()) ?? assert.fail();
  await page.mouse.move(x + 1, y + height / 2);
  await page.mouse.down();
  await page.mouse.move(x + width - 1, y + height / 2, { steps: 4 });
  await page.mouse.up();
  assert.match(await page.evaluate<string>("getSelection().toString()"), /selected\/one/);
  await page.getByRole("button", { name: /^Go on/ }).waitFor();
  const detail = page.getByRole("complementary");
  assert.equal(await detail.count(), 0);
  const copied = await page.evaluate<string>(COPY);
  assert.match(copied, /^[\d:.]{12} demo 200 GET 127\.0\.0\.1\S*\/selected\/one [^\n]+$/);
  // the first click lets go of what is selected
  for (let click = 0; click < 2; click++) await row.locator(".status").click();
  await detail.getByText("GET /selected/one").waitFor();
  assert.deepEqual(desk.complaints, []);
});

test("what a browser loads first has at most 60 KB", async () => {
  const at = `${proxy.admin}/dashboard/`;
  const page = await (await fetch(at)).text();
  const names = [...page.matchAll(/(?:href|src)="([^"]+\.(?:js|css|svg))"/g)].map(
    ([, name = ""]) => name,
  );
  let bytes = gzipSync(page).length;
  for (const name of names) {
    const answered = await fetch(`${at}${name}`);
    assert.equal(answered.status, 200, name);
    const file = await answered.bytes();
    bytes += gzipSync(file, { level: 9 }).length;
    if (!name.endsWith(".js")) continue;
    for (const [, other = ""] of new TextDecoder()
      .decode(file)
      .matchAll(/(?:from|import)"\.\/([^"]+)"/g)) {
      assert.ok(names.includes(other), `${name} needs ${other}, of which the page says nothing`);
    }
  }
  assert.ok(names.length >= 3);
  assert.ok(bytes <= 60_000, `${bytes} bytes`);
});
