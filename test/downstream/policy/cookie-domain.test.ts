// Cookies of an origin lose their Domain, and nothing else.

import assert from "node:assert/strict";
import { test } from "node:test";
import { withoutCookieDomains } from "../../../src/downstream/policy/cookie-domain.ts";

test("Domain goes, wherever it stands and however it is written", () => {
  const cases = [
    ["a=b; Domain=origin.test; Path=/", "a=b; Path=/"],
    ["a=b;domain = .origin.test", "a=b"],
    ["a=b; Secure; DOMAIN=x; HttpOnly; Domain=y", "a=b; Secure; HttpOnly"],
    ["a=b; Domain; Path=/", "a=b; Path=/"],
    ["a=domain=x; Path=/domain=x", "a=domain=x; Path=/domain=x"],
    ["domain=x; Domains=y", "domain=x; Domains=y"],
  ] as const;
  for (const [came, goes] of cases) {
    const block = (cookie: string) => `X-Domain: a; domain=b\r\nset-cookie: ${cookie}\r\nA: b\r\n`;
    assert.equal(withoutCookieDomains(block(came)), block(goes));
  }
});
