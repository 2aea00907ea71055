// The dashboard with two proxies over one PostgreSQL: its pages show both, or the one that is
// chosen, and name the one that does not answer; one is drained and taken back through the other.

import assert from "node:assert/strict";
import { after, test } from "node:test";
import { Folder } from "../control/store-stand.ts";
import { Desk, launchBrowser, noBrowser } from "../dashboard/browser.ts";
import { newStore, server, skip } from "../life/cluster-server.ts";
import { options, plainOrigin, served, until } from "../life/cluster-stand.ts";
import { call, list, TOKEN } from "../life/control.ts";
import { TestProxy } from "../life/proxy.ts";

after(() => server?.[Symbol.asyncDispose]());

test("nodes of a cluster", { skip: skip || (await noBrowser()) }, async () => {
  await using origin = await plainOrigin();
  await using folder = await Folder.make();
  const store = await newStore();
  await using one = await TestProxy.start(options(store, origin.address));
  await using two = await TestProxy.start(options(store, origin.address, folder.path));
  await until(async () => list((await call(one, ["GET", "/nodes"])).body.nodes).length === 2);
  const browser = await launchBrowser();
  try {
    await using desk = await Desk.open(browser, one.admin);
    const { page } = desk;
    await desk.logIn(TOKEN);
    await desk.go("nodes");
    const other = page.locator("tbody tr", { hasNotText: "this one" });
    await other.getByText("serving").waitFor();
    assert.deepEqual(await desk.violations(), []);
    const ready = async () => (await call(two, ["GET", "/ready"])).status;
    await other.getByRole("button", { name: "Drain…" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Drain" }).click();
    await page.getByText("says that it is not ready within 3 s").waitFor();
    await until(async () => (await ready()) === 503);
    await other.getByText("drained").waitFor();
    await other.getByRole("button", { name: "Take back…" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Take back" }).click();
    await until(async () => (await ready()) === 200);
    await other.getByText("drained").waitFor({ state: "detached" });
    await desk.go("");
    const proxies = page.getByRole("combobox", { name: /^Proxy/ });
    await proxies.waitFor();
    assert.deepEqual(await desk.violations(), []);
    await desk.go("tail");
    await page.getByText("live, 0 lines").waitFor();
    for (const proxy of [one, two]) await served(proxy);
    for (const name of ["one", "two"]) {
      await page.getByRole("gridcell", { name, exact: true }).waitFor();
    }
    await proxies.selectOption({ label: "two" });
    await page.getByText("live, 0 lines").waitFor();
    for (const proxy of [one, two]) await served(proxy);
    await page.getByText("live, 1 lines").waitFor();
    await page.getByRole("link", { name: "Metrics" }).click();
    assert.match(page.url(), /metrics\?node=/);
    two.signal("SIGSTOP");
    try {
      await proxies.selectOption("");
      await page.getByText("Without two: no answer within 2 s").waitFor();
      await desk.go("tenants/demo/requests/not-to-be-found");
      await page.getByText("not kept, or not any more; without an answer of two").waitFor();
    } finally {
      two.signal("SIGCONT");
    }
    // Chromium tells every 404
    assert.deepEqual(
      desk.complaints.filter((text) => !text.includes("404")),
      [],
    );
  } finally {
    await browser.close();
  }
});
