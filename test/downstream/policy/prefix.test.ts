// Targets without their route's path: what is left stays as it came.

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Prefix, replacePrefix } from "../../../src/downstream/policy/prefix.ts";

const CASES: readonly (readonly [path: string, target: string, rest: string])[] = [
  ["/api", "/api/x?y=/z", "/x?y=/z"],
  ["/api/", "/api/x", "/x"],
  ["/api", "/api", ""],
  ["/api", "/api/", "/"],
  ["/api", "/api?x", "?x"],
  ["/api/v1", "/api/v1/%2E%2e/a%2fb;c", "/%2E%2e/a%2fb;c"],
  ["/", "/x//y", "/x//y"],
  ["/café", "/caf%c3%a9/x", "/x"],
  ["/api", "/api//evil.example/x", "/evil.example/x"],
  ["/api", "/api/\\evil.example", "/evil.example"],
  ["/", "//evil.example", "/evil.example"],
];

describe("what is left of a target", () => {
  for (const [path, target, rest] of CASES) {
    it(`of ${target} without ${path} is "${rest}"`, () => {
      assert.equal(new Prefix(path).restOf(target), rest);
    });
  }

  it("begins with one slash, whatever the new prefix is", () => {
    const prefix = new Prefix("/api");
    assert.equal(replacePrefix("/api", prefix, "/"), "/");
    assert.equal(replacePrefix("/api?x", prefix, "/"), "/?x");
    assert.equal(replacePrefix("/api/x", prefix, "/"), "/x");
    assert.equal(replacePrefix("/api", prefix, "/v2"), "/v2");
    assert.equal(replacePrefix("/api?x", prefix, "/v2/"), "/v2?x");
    assert.equal(replacePrefix("/api/x?y", prefix, "/v2/"), "/v2/x?y");
    assert.equal(replacePrefix("/api//x", prefix, "/"), "/x");
  });
});
