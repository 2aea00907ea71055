// The dashboard by keyboard alone, and under the prefix that another proxy gives it.

import assert from "node:assert/strict";
import { request } from "node:http";
import { before, test } from "node:test";
import type { Page } from "playwright-core";
import { call, deploy, TOKEN, versioned } from "../life/control.ts";
import { httpOrigin } from "../life/http-origin.ts";
import { get, open, proxy, skip } from "./stand.ts";

before(async () => {
  for (const version of [1, 2]) {
    assert.equal((await deploy(proxy, versioned(version))).status, 201);
  }
  await call(proxy, ["PUT", "/tenants/demo/flags/color"], { value: "blue" });
  await call(proxy, ["POST", "/tenants/demo/capture-rules"], { path: "/cart" });
});

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
  "tenants/demo/requests",
  "tenants/demo/values",
  "tenants/demo/upstreams",
];

/** What can be done on the page, and whether Tab has been there: kept in the page. */
const NOTE = `window.stops = new Map(
  [...document.querySelectorAll("main :is(a[href], button, input, select, summary)")]
    .filter((one) => !one.matches(":disabled") && one.checkVisibility())
    .map((one) => [one, false]));
  document.querySelector("main h1").focus();
  window.stops.size`;

const TICK = `(() => {
  const at = document.activeElement;
  const { outlineStyle, outlineWidth } = getComputedStyle(at);
  const isSeen = outlineStyle !== "none" && outlineWidth !== "0px";
  if (window.stops.has(at)) window.stops.set(at, isSeen);
  return at.closest("main") !== null;
})()`;

const MISSED = `[...window.stops].filter(([, isSeen]) => !isSeen).map(([one]) => one.outerHTML)`;

/** A stop more for each region that scrolls. */
const REGIONS = 10;

async function missedBy(page: Page): Promise<readonly string[]> {
  const stops = Number(await page.evaluate(NOTE));
  for (let pressed = 0; pressed < stops + REGIONS; pressed++) {
    await page.keyboard.press("Tab");
    if (!(await page.evaluate(TICK))) break;
  }
  return await page.evaluate<string[]>(MISSED);
}

test("whatever a page can do is reached by Tab, and shows that it is", { skip }, async () => {
  await using desk = await open();
  await desk.logIn(TOKEN);
  for (const path of PAGES) {
    await desk.go(path);
    assert.deepEqual(await missedBy(desk.page), [], path);
  }
  assert.deepEqual(desk.complaints, []);
});

/** Between the last and the first stop of a window the focus is on the browser itself. */
const IS_INSIDE = `document.activeElement === document.body ||
  document.activeElement.closest("dialog") !== null`;

test("a dialog keeps the focus, and gives it back to what opened it", { skip }, async () => {
  await using desk = await open();
  const { page } = desk;
  await desk.logIn(TOKEN);
  await desk.go("tenants/demo/versions");
  const opener = page.getByRole("button", { name: "Roll back to v1…" });
  const dialog = page.getByRole("dialog");
  for (const leave of ["Escape", "Cancel"]) {
    await opener.focus();
    await page.keyboard.press("Enter");
    await dialog.waitFor();
    for (let pressed = 0; pressed < 8; pressed++) {
      await page.keyboard.press("Tab");
      assert.equal(await page.evaluate(IS_INSIDE), true);
    }
    if (leave === "Cancel") {
      await dialog.getByRole("button", { name: leave }).focus();
      await page.keyboard.press("Enter");
    } else await page.keyboard.press(leave);
    await dialog.waitFor({ state: "detached" });
    await page.locator("button:focus", { hasText: "Roll back to v1…" }).waitFor();
  }
  assert.deepEqual(desk.complaints, []);
});

test("keys lead to the tail, to a request in it and back, and can be switched off", {
  skip,
}, async () => {
  await using desk = await open();
  const { page } = desk;
  await page.goto(`${proxy.admin}/`);
  await page.getByLabel("Token of the admin API").waitFor();
  await page.keyboard.type(TOKEN);
  await page.keyboard.press("Enter");
  await page.getByText("Last changes").waitFor();
  await page.keyboard.press("g");
  await page.keyboard.press("t");
  await page.getByText("live, 0 lines").waitFor();
  await get("/one");
  await get("/two");
  await page.getByRole("row", { name: /\/two/ }).waitFor();
  for (let pressed = 0; pressed < 40; pressed++) {
    if (await page.evaluate(`document.activeElement.closest(".row") !== null`)) break;
    await page.keyboard.press("Tab");
  }
  await page.keyboard.press("j");
  await page.keyboard.press("Enter");
  const detail = page.getByRole("complementary");
  await detail.getByText("GET /two").waitFor();
  await detail.getByRole("button", { name: "Close" }).focus();
  await page.keyboard.press("Escape");
  await detail.waitFor({ state: "detached" });
  assert.match(
    await page.evaluate<string>(`document.activeElement.closest(".row").innerText`),
    /two/,
  );
  await page.keyboard.press("?");
  const help = page.getByRole("dialog", { name: "Keys" });
  await help.getByLabel("Single keys do something").focus();
  await page.keyboard.press("Space");
  await page.keyboard.press("Escape");
  await help.waitFor({ state: "detached" });
  await page.keyboard.press("?");
  assert.equal(await help.count(), 0);
  assert.deepEqual(desk.complaints, []);
});

test("works under a prefix of another proxy, and asks for nothing beside it", {
  skip,
}, async () => {
  const strayed: string[] = [];
  await using front = await httpOrigin((asked, response) => {
    const { method, headers, url = "" } = asked;
    if (!url.startsWith("/x/")) strayed.push(url);
    const sent = request(`${proxy.admin}${url.slice(2)}`, { method, headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    });
    response.on("close", () => sent.destroy());
    sent.on("error", () => response.destroy());
    asked.pipe(sent);
  });
  await using desk = await open({}, `http://${front.address}/x`);
  const { page } = desk;
  await desk.logIn(TOKEN);
  await page.getByText("Last changes").waitFor();
  await desk.go("tail");
  await page.getByText("live, 0 lines").waitFor();
  await get("/three");
  await page.getByRole("row", { name: /\/three/ }).waitFor();
  await desk.go("tenants/demo/values");
  await page.getByRole("button", { name: "Set…" }).click();
  await page.getByRole("dialog").getByLabel(/Value/).fill("true");
  await page.keyboard.press("Enter");
  await page.getByText("The flag color is set").waitFor();
  assert.deepEqual([desk.complaints, strayed], [[], []]);
});
