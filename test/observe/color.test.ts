// When lines are coloured.

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { paint, wantsColor } from "../../src/observe/color.ts";

describe("wantsColor", () => {
  it("follows the terminal, NO_COLOR before all, then FORCE_COLOR", () => {
    assert.equal(wantsColor({}, true), true);
    assert.equal(wantsColor({}, false), false);
    assert.equal(wantsColor({ NO_COLOR: "1" }, true), false);
    assert.equal(wantsColor({ NO_COLOR: "" }, true), true);
    assert.equal(wantsColor({ FORCE_COLOR: "1" }, false), true);
    assert.equal(wantsColor({ NO_COLOR: "1", FORCE_COLOR: "1" }, true), false);
  });
});

describe("paint", () => {
  it("puts the colour around the text, and takes it back", () => {
    assert.equal(paint("red", "no"), "\x1b[31mno\x1b[0m");
    assert.equal(paint(null, "no"), "no");
  });
});
