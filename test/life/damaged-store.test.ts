// A byte of the store's file is flipped: found at the start, and while the proxy runs when what is
// damaged is read. It is never served.

import assert from "node:assert/strict";
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { call, deploy, versioned, WITH_TOKEN } from "./control.ts";
import { oneTenant, TestProxy } from "./proxy.ts";
import { SocketOrigin } from "./socket-origin.ts";

/** One bit wherever the text stands: SQLite leaves old copies behind. */
function flip(file: string, text: string): void {
  const bytes = readFileSync(file);
  assert.ok(bytes.includes(text), `${text} is not in the file`);
  // in place: the proxy has it open
  const descriptor = openSync(file, "r+");
  for (let at = bytes.indexOf(text); at >= 0; at = bytes.indexOf(text, at + 1)) {
    writeSync(descriptor, Uint8Array.of((bytes[at] ?? 0) ^ 1), 0, 1, at);
  }
  closeSync(descriptor);
}

test("a flipped byte in the store is found when it is read, or at the start", {
  timeout: 180_000,
}, async () => {
  await using origin = await SocketOrigin.start();
  const folder = mkdtempSync(join(tmpdir(), "sluice-damage-"));
  const store = join(folder, "sluice.db");
  const options = {
    config: { ...oneTenant({ origin: [origin.address] }), store: `sqlite:${store}` },
    env: WITH_TOKEN,
  };
  try {
    {
      await using proxy = await TestProxy.start(options);
      // more than SQLite keeps of a file in memory: what it has there cannot be damaged
      for (let version = 1; version <= 5; version++) {
        const padding = `/* ${"-".repeat(900_000)} the end of ${version} */`;
        const message = `a message of ${version}`;
        const answer = await deploy(proxy, versioned(version) + padding, { message });
        assert.equal(answer.status, 201, JSON.stringify(answer.body));
      }
      assert.equal(await proxy.stop(), 0);
    }
    {
      await using proxy = await TestProxy.start(options);
      flip(store, "the end of 1");
      const read = await call(proxy, ["GET", "/tenants/demo/deployments/1"]);
      const detail = "What is stored cannot be read. The proxy's log says why.";
      assert.deepEqual([read.status, String(read.body.detail)], [500, detail]);
      await proxy.waitFor(({ level, err }) => level === "error" && /damaged/.test(textOf(err)));
      const back = await call(proxy, ["POST", "/tenants/demo/rollback"], { version: 1 });
      assert.equal(back.status, 500, JSON.stringify(back.body));
      const response = await fetch(proxy.url, { headers: { connection: "close" } });
      assert.equal(response.headers.get("x-version"), "5 5");
      await response.text();
      assert.equal((await deploy(proxy, versioned(6))).status, 201);
      assert.equal(await proxy.stop(), 0);
    }
    flip(store, "a message of 2");
    const proxy = await TestProxy.launch(options);
    assert.equal(await proxy.exited(), 1);
    await proxy[Symbol.asyncDispose]();
    assert.match(proxy.stderr, /^[^\n]*damaged[^\n]*restore a backup[^\n]*\n$/);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

const textOf = (value: unknown): string => JSON.stringify(value) ?? "";
