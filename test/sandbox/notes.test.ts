// What a call learns beside its frame is noted, and given back to it: in either lane a call that
// was noted in the other has the same effects, byte for byte, and asks nobody for anything.

import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { test } from "node:test";
import { bundleScript } from "../../src/control/bundle.ts";
import {
  compareAtRandom,
  compareLanes,
  generatedScript,
  STATEMENTS,
  scriptOf,
} from "./noted-scripts.ts";

const ENV = { API_KEYS: "ana=12345678", ORIGIN_URL: "http://origin" };

test("of every statement that learns something", async () => {
  for (let i = 0; i < STATEMENTS.length; i += 4) {
    const [one = "", two = "", three = "", four = ""] = STATEMENTS.slice(i);
    const hooks = [
      [one, two],
      [three, four],
      [two, one],
      [four, three],
    ];
    await compareLanes(scriptOf(generatedScript(hooks)));
  }
});

test("of every script among the examples", async () => {
  for (const file of readdirSync("scripts").filter((name) => name.endsWith(".ts"))) {
    const bundle = await bundleScript(`scripts/${file}`);
    assert.ok(bundle.ok, file);
    await compareLanes({ code: bundle.code, env: ENV });
  }
});

test("of scripts put together at random", async () => {
  await compareAtRandom(8);
});
