// Secrets leave a script's log by no way that JSON, URLs and base64 offer.

import assert from "node:assert/strict";
import { test } from "node:test";
import { LIMITS } from "../../../src/base/limits.ts";
import { Redaction } from "../../../src/fleet/shared/redaction.ts";

const redactionOf = (secrets: Readonly<Record<string, string>>): Redaction =>
  new Redaction(() => ({ revision: 1, text: JSON.stringify({ flags: {}, secrets }) }));

const PEM = `-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBg\nkqhkiG9w0BAQEF/+AAS=\n-----END-----\n`;
const SECRETS: Readonly<Record<string, string>> = {
  "a plain token": "s3cr3t-of-the-tenant",
  "a PEM key": PEM,
  "quotes and backslashes": 'p"a\\ss\\"w"ord',
  "blanks and signs": "a b&c=d/e?f+g#h%i",
  umlauts: "größer als Äpfel",
  "the shortest": "8letters",
};

/** What a script may make of a secret, with nothing of it left to recognise it by. */
const WAYS: Readonly<Record<string, (secret: string) => string>> = {
  "as it is": (secret) => secret,
  "in an object": (secret) => JSON.stringify({ key: secret }),
  "in JSON inside JSON": (secret) => JSON.stringify({ body: JSON.stringify([secret]) }),
  "in a component of a URL": (secret) => `https://a.example/?key=${encodeURIComponent(secret)}&x=1`,
  "in a URL as a whole": (secret) => encodeURI(`https://a.example/?key=${secret}`),
  "in a form": (secret) => new URLSearchParams({ user: "ann", key: secret }).toString(),
  "in lower-case escapes": (secret) =>
    encodeURIComponent(secret).replace(/%../g, (code) => code.toLowerCase()),
  "as base64": (secret) => Buffer.from(secret).toString("base64"),
  "as base64url": (secret) => Buffer.from(secret).toString("base64url"),
  "in Basic credentials": (secret) => `Basic ${Buffer.from(`ann:${secret}`).toString("base64")}`,
  "in base64 after one more byte": (secret) =>
    Buffer.from(`joan:${secret} and more`).toString("base64"),
};

for (const [kind, secret] of Object.entries(SECRETS)) {
  for (const [way, write] of Object.entries(WAYS)) {
    test(`${kind}, ${way}, is replaced by its name`, () => {
      const line = `it is ${write(secret)}.`;
      const redacted = redactionOf({ key: secret }).redact(line);
      assert.match(redacted, /^it is .*\[secret key\].*\.$/s);
      const left = redacted.replaceAll("[secret key]", "");
      // of base64 that begins within a group, a character or two belong to both neighbours
      assert.ok(left.length <= line.length - secret.length + 1, left);
    });
  }
}

test("a secret that the end of a line has cut off is replaced as well", () => {
  const secret = `${PEM}${"x".repeat(10_000)}`;
  const cut = `${"a".repeat(4_000)} ${secret}`.slice(0, 2 * LIMITS.scriptMessageChars);
  const redacted = redactionOf({ key: secret }).redact(cut);
  assert.equal(redacted, `${"a".repeat(4_000)} [secret key]`);
});

test("of two secrets of which one is a part of the other, the longer is named", () => {
  const redaction = redactionOf({ short: "abcdefgh", long: "abcdefghij" });
  assert.equal(redaction.redact("abcdefghij abcdefgh"), "[secret long] [secret short]");
});

test("what is shorter than a secret that is looked for, and what is none, stays", () => {
  const redaction = redactionOf({ pin: "1234567", key: "s3cr3t-of-the-tenant" });
  const line = "1234567 s3cr3t-of-the-tenan %73 c2VjcmV0";
  assert.equal(redaction.redact(line), line);
});
