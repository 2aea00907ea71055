// The keys that say which answers of a tenant are compressed.

import * as z from "zod";
import { checked, choice, integer, listOf, mapping } from "./fields.ts";

const mediaType = () =>
  checked({
    expected: "a media type, such as application/json or text/*",
    pattern: /^[!-.0-~]+\/(?:\*|[!-.0-~]+)$/,
    isValid: (value) => value === value.toLowerCase() && !value.includes(";"),
  });

/** What is text, and shrinks; pictures, videos and archives are compressed already. */
const TYPES = [
  "text/*",
  "application/javascript",
  "application/json",
  "application/ld+json",
  "application/manifest+json",
  "application/problem+json",
  "application/rss+xml",
  "application/wasm",
  "application/xhtml+xml",
  "application/xml",
  "image/svg+xml",
];

export const compression = mapping({
  codings: listOf(choice(["zstd", "br", "gzip"]), "a list of zstd, br and gzip")
    .default(["zstd", "br", "gzip"])
    .describe("The first that the client accepts, where it likes several as much."),
  types: listOf(mediaType(), "a list of media types").default(TYPES),
  minBytes: integer(0, 1_048_576).default(1_024).describe("Smaller bodies stay as they are."),
  guardSecrets: z
    .boolean("true or false")
    .default(false)
    .describe("Leaves out answers with Set-Cookie, and those to other sites (BREACH)."),
});
