// What scripts may give the host's parser of URLs, which nobody can end.

import assert from "node:assert/strict";
import { test } from "node:test";
import { changeUrl, parseUrl } from "../../src/sandbox/host-url.ts";
import { URL_CHARS_MAX } from "../../src/wire/url.ts";

const HOST = Array.from({ length: 2_000 }, (_, i) => String.fromCharCode(0x4e00 + i)).join("");

test("a URL is as long as the limit has it, and no longer", () => {
  const head = "https://a.example/";
  const longest = head + "a".repeat(URL_CHARS_MAX - head.length);
  assert.equal(parseUrl(longest, undefined), longest);
  assert.equal(parseUrl(`${longest}a`, undefined), "");
  assert.equal(parseUrl("/b", `${longest}a`), "");
  assert.equal(changeUrl(head, "hash", "a".repeat(URL_CHARS_MAX)), "");
  assert.equal(changeUrl(head, "hash", "b"), `${head}#b`);
});

test("a long host of Unicode is refused wherever it may stand", () => {
  for (const url of [
    `http://${HOST}/`,
    `\t ws:\\\\${HOST}`,
    `ht\ntps:${HOST}?a`,
    `https:////user@${encodeURIComponent(HOST)}:80/`,
    `file://xn--${"a".repeat(2_000)}`,
  ]) {
    assert.equal(parseUrl(url, undefined), "", url.slice(0, 20));
  }
  assert.equal(parseUrl(`//${HOST}/`, "https://a.example/"), "");
  assert.equal(parseUrl("/", `https://${HOST}/`), "");
  const href = "https://a.example/";
  assert.equal(changeUrl(href, "host", `${HOST}/`), href);
  assert.equal(changeUrl(href, "hostname", HOST), href);
});

test("what is no such host may be as long and of Unicode", () => {
  for (const url of [`https://a.example/${HOST}`, `https://a.example?${HOST}`, `data:,${HOST}`]) {
    assert.equal(parseUrl(url, undefined), new URL(url).href);
  }
  assert.notEqual(parseUrl(HOST, "https://a.example/"), "");
  assert.equal(parseUrl(`http://${"a".repeat(2_000)}/`, undefined).length, 2_008);
});

test("nothing but text and the names of parts is taken", () => {
  for (const given of [null, 1, {}, [], Symbol.iterator]) {
    assert.equal(parseUrl(given, undefined), "");
    assert.equal(parseUrl("/", given), "");
    assert.equal(changeUrl("https://a.example/", given, "a"), "");
    assert.equal(changeUrl("https://a.example/", "hash", given), "");
  }
  assert.equal(changeUrl("https://a.example/", "href", "https://b.example/"), "");
  assert.equal(changeUrl("https://a.example/", "__proto__", "a"), "");
});
