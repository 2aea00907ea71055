// The version of this Sluice, as package.json has it.

import { readFileSync } from "node:fs";
import { packageUrl } from "./entry.ts";

export function version(): string {
  const manifest: unknown = JSON.parse(readFileSync(new URL("package.json", packageUrl), "utf8"));
  if (typeof manifest !== "object" || manifest === null || !("version" in manifest)) {
    throw new Error("Cannot tell the version: expected one in package.json, got none");
  }
  return String(manifest.version);
}
