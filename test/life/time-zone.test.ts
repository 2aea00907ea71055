// A machine in New York that speaks Turkish, and what its scripts see of that: nothing.

import assert from "node:assert/strict";
import { test } from "node:test";
import { TestProxy } from "./proxy.ts";

const SCRIPT = `import { definePhases } from "sluice";
const date = new Date(Date.UTC(2026, 6, 1, 12));
const seen = () => [
  date.toString(), date.toTimeString(), String(new Date(2026, 0, 1).getTime()),
  date.getTimezoneOffset(), date.toLocaleString(), date.toLocaleDateString("de"),
  date.toLocaleTimeString(undefined, { timeStyle: "short" }), date.toLocaleDateString([]),
  new Intl.DateTimeFormat().resolvedOptions().timeZone,
  new Intl.NumberFormat().resolvedOptions().locale,
  new Intl.NumberFormat("tlh").resolvedOptions().locale,
  new (class extends Intl.PluralRules {})().resolvedOptions().locale,
  (1234.5).toLocaleString(), 12345n.toLocaleString(), [1234.5, date].toLocaleString(),
  "i".toLocaleUpperCase(), "i".toLocaleUpperCase("tr"), "I".toLocaleLowerCase(),
  ["ı", "i", "h"].sort((a, b) => a.localeCompare(b)).join(""), "a".localeCompare("B", "en"),
  Temporal.Now.timeZoneId(), Temporal.PlainDate.from("2026-07-01").toLocaleString(),
  Date.prototype.toString.name, Date.prototype.toLocaleString.length,
];
export default definePhases({ requestFilter: () => Response.json([...seen(), Date()]) });`;

const EXPECTED = [
  ...["Wed Jul 01 2026 12:00:00 GMT+0000 (Coordinated Universal Time)"],
  ...["12:00:00 GMT+0000 (Coordinated Universal Time)", String(Date.UTC(2026, 0, 1)), 0],
  ...["7/1/2026, 12:00:00 PM", "1.7.2026", "12:00 PM", "7/1/2026"],
  ...["UTC", "en-US", "en-US", "en", "1,234.5", "12,345", "1,234.5,7/1/2026, 12:00:00 PM"],
  ...["I", "\u0130", "i", "hi\u0131", -1, "UTC", "7/1/2026", "toString", 0],
];

test("scripts of both lanes are in UTC and speak English, wherever their machine is", async () => {
  const tenant = (host: string, isolation: string) => ({
    hosts: [host],
    script: "main.ts",
    isolation,
    limits: { hookMs: 2_000 },
  });
  await using proxy = await TestProxy.start({
    files: { "main.ts": SCRIPT },
    config: {
      tenants: { one: tenant("127.0.0.1", "inline"), two: tenant("localhost", "process") },
    },
    env: { TZ: "America/New_York", LC_ALL: "tr_TR.UTF-8", LANG: "tr_TR.UTF-8" },
  });
  for (const host of ["127.0.0.1", "localhost"]) {
    const response = await fetch(`http://${host}:${proxy.port}/`, {
      headers: { connection: "close" },
    });
    const seen: unknown = await response.json();
    assert.ok(Array.isArray(seen));
    assert.match(String(seen.pop()), /GMT\+0000 \(Coordinated Universal Time\)$/);
    assert.deepEqual(seen, EXPECTED);
  }
});
