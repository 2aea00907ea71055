// The parts of a policy that compute: access lists, header edits, redirects, error pages.

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { parseNetwork } from "../../../src/base/config/address.ts";
import { known } from "../../../src/base/config/known.ts";
import type { ErrorCode } from "../../../src/base/errors.ts";
import { toAccessList } from "../../../src/downstream/policy/access.ts";
import { ErrorPages } from "../../../src/downstream/policy/error-pages.ts";
import { toHeaderEdits } from "../../../src/downstream/policy/header-edits.ts";
import { Prefix } from "../../../src/downstream/policy/prefix.ts";
import { Redirect } from "../../../src/downstream/policy/redirect.ts";

describe("an access list", () => {
  const list = (allow: readonly string[], deny: readonly string[]) => {
    const networks = (texts: readonly string[]) => texts.map((text) => known(parseNetwork(text)));
    return toAccessList({ allow: networks(allow), deny: networks(deny) });
  };

  it("is not there if nothing is listed", () => assert.equal(list([], []), null));

  it("admits everybody but who is denied", () => {
    const open = list([], ["10.0.0.0/8", "2001:db8::/32"]);
    assert.equal(open?.admits("10.1.2.3"), false);
    assert.equal(open?.admits("::ffff:10.1.2.3"), false);
    assert.equal(open?.admits("2001:db8::1"), false);
    assert.equal(open?.admits("11.0.0.1"), true);
    assert.equal(open?.admits("2001:db9::1"), true);
  });

  it("admits only who is allowed, if anybody is, and of those nobody who is denied", () => {
    const closed = list(["10.0.0.0/8"], ["10.6.6.6"]);
    assert.equal(closed?.admits("10.1.2.3"), true);
    assert.equal(closed?.admits("10.6.6.6"), false);
    assert.equal(closed?.admits("11.0.0.1"), false);
    assert.equal(closed?.admits("::1"), false);
  });

  it("admits nobody whose address is none", () => {
    for (const address of ["", "unknown", "10.0.0.1:80", "999.1.1.1", "10.1"]) {
      assert.equal(list(["10.0.0.0/8"], [])?.admits(address), false);
      assert.equal(list([], ["10.0.0.0/8"])?.admits(address), false);
    }
  });
});

describe("header edits", () => {
  const BLOCK = "Host: h\r\nX-A: 1\r\nx-a: 2\r\nX-B: 3\r\n";

  it("are not there if nothing is edited", () => {
    assert.equal(toHeaderEdits([{ set: {}, remove: [] }]), null);
  });

  it("replace every line of a name, remove names, and leave the rest as it is", () => {
    const edits = toHeaderEdits([{ set: { "x-A": "new" }, remove: ["x-b", "x-c"] }]);
    assert.equal(edits?.apply(BLOCK), "Host: h\r\nx-A: new\r\n");
  });

  it("of a route come after the tenant's: the last word about a name counts", () => {
    const edits = toHeaderEdits([
      { set: { "X-A": "tenant", "X-B": "tenant" }, remove: [] },
      { set: { "x-a": "route" }, remove: ["x-b"] },
    ]);
    assert.equal(edits?.apply(""), "x-a: route\r\n");
  });
});

describe("a redirect", () => {
  const to = (text: string, target: string, host = "Example.com:81") =>
    new Redirect({ to: text, status: 301 }, new Prefix("/old")).to({ target, host });

  it("fills in what the request says", () => {
    const text = "https://{host}/new{rest}#{hostport}";
    assert.equal(to(text, "/old/a?b"), "https://Example.com/new/a?b#Example.com:81");
    assert.equal(to("https://x{target}", "/old?a=%2f"), "https://x/old?a=%2f");
    assert.equal(to("https://x{path}!{query}", "/old?a=?"), "https://x/old!?a=?");
    assert.equal(to("/fixed", "/old"), "/fixed");
    assert.equal(to("https://{host}/", "/old", "[::1]:8080"), "https://[::1]/");
  });

  it("never leads to a host that the path names", () => {
    assert.equal(to("https://{host}{target}", "//evil.example", ""), null);
    assert.equal(to("https://{hostport}/", "/", ""), null);
    assert.equal(to("https://x{rest}", "/old//evil.example"), "https://x/evil.example");
    assert.equal(to("/new{rest}", "/old/\\evil.example"), "/new/evil.example");
  });
});

describe("error pages", () => {
  const pages = new ErrorPages([
    { status: "502", body: "<p>{{code}} {{requestId}} {{other}}", contentType: "text/html" },
    { status: "5xx", body: "{{status}} {{title}}", contentType: "text/plain" },
  ]);
  const text = (code: ErrorCode, id: string) => {
    const { status, headers, body } = pages.answer({ code, retryAfterMs: 0 }, id);
    return { status, headers, body: body.toString() };
  };

  it("fill in code and request id, and escape them", () => {
    assert.deepEqual(text("no_peer", `<i>"&'`), {
      status: 502,
      headers: "Content-Type: text/html\r\nCache-Control: no-store\r\n",
      body: "<p>no_peer &#60;i&#62;&#34;&#38;&#39; {{other}}",
    });
  });

  it("of a status come before those of its class, and keep the error's own headers", () => {
    assert.deepEqual(text("overloaded", "id"), {
      status: 503,
      headers: "Content-Type: text/plain\r\nCache-Control: no-store\r\nRetry-After: 1\r\n",
      body: "503 The proxy is at its limit.",
    });
  });

  it("are for the statuses that have one: the rest is a problem document", () => {
    const { headers, body } = text("forbidden", "id");
    assert.match(headers, /^Content-Type: application\/problem\+json\r\n/);
    assert.equal(JSON.parse(body).code, "forbidden");
  });
});
