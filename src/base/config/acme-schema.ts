// The keys that say from which authority certificates are ordered, and how.

import * as z from "zod";
import { checked, choice, integer, listOf, mapping, milliseconds, text } from "./fields.ts";

const CHALLENGES = ["http-01", "tls-alpn-01"] as const;

export const acme = mapping({
  directory: checked({
    expected: "an https:// URL",
    pattern: /^https:\/\/[^\s]+$/,
    isValid: (value) => URL.canParse(value),
  })
    .default("https://acme-v02.api.letsencrypt.org/directory")
    .describe("Of the authority."),
  termsAgreed: z
    .literal(true, "true, once you have read the terms of the authority")
    .describe("You agree to the terms of the authority."),
  contact: z
    .array(
      checked({
        expected: "an e-mail address",
        pattern: /^[^\s@]+@[^\s@]+$/,
        isValid: () => true,
      }),
      "a list of e-mail addresses",
    )
    .default([])
    .describe("Whom the authority may write to."),
  ca: text()
    .optional()
    .describe("PEM file of who vouches for a private directory. Left out: what Node trusts."),
  challenges: listOf(choice(CHALLENGES), "a list of challenges")
    .default([...CHALLENGES])
    .describe("How names are proved to be ours; after a failure the next one is tried."),
  dns: mapping({
    command: listOf(text(), "a command and its arguments").describe(
      "Called with add or remove, the name and the value of a TXT record behind its arguments.",
    ),
    waitMs: milliseconds()
      .default(10_000)
      .describe("From the end of the command until the authority looks."),
  })
    .optional()
    .describe("Sets DNS records: certificates for *.name are ordered too. Left out: they are not."),
  ordersPerHour: integer(1, 100_000)
    .default(100)
    .describe("Of this proxy: names wait when so many orders were begun within an hour."),
  externalAccount: mapping({
    keyId: text(),
    hmacKeyFile: text().describe("File with the key, base64url."),
  })
    .optional()
    .describe("What the authority gave to its customer, if it asks for that."),
});

export type AcmeFile = z.output<typeof acme>;
