// Guessing which word was meant.

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { nearest } from "../../../src/base/config/nearest.ts";

const KNOWN = ["listeners", "log", "limits", "tenants", "timeouts"];

describe("nearest", () => {
  const cases: [string, string | null][] = [
    ["listener", "listeners"],
    ["limtis", "limits"],
    ["Tenants", "tenants"],
    ["timeout", "timeouts"],
    ["lag", "log"],
    ["lo", null],
    ["tls", null],
    ["store", null],
    ["", null],
  ];
  for (const [word, meant] of cases) {
    it(`takes ${JSON.stringify(word)} for ${meant}`, () =>
      assert.equal(nearest(word, KNOWN), meant));
  }
});
