// The pass with which a tester asks for a version of a script that others do not get (yet): signed
// by the control plane, checked by the data plane, of no use for another tenant or version.

import { createHmac, timingSafeEqual } from "node:crypto";

export interface TesterPass {
  readonly tenant: string;
  readonly version: number;
  /** Seconds since the epoch. */
  readonly expiresAt: number;
}

/** What a tester sends as Sluice-Version: `7.1767225600.SIGNATURE`. */
export function testerHeader(pass: TesterPass, key: string): string {
  return `${pass.version}.${pass.expiresAt}.${signature(pass, key)}`;
}

const HEADER = /^([1-9]\d{0,8})\.(\d{1,12})\.([\w-]{43})$/;

export interface PassCheck {
  readonly tenant: string;
  readonly key: string;
  readonly nowMs: number;
}

/** The version that the header's bearer may see; 0: none, whatever the reason. */
export function testedVersion(text: string, { tenant, key, nowMs }: PassCheck): number {
  const [, version, expiresAt, given = ""] = HEADER.exec(text) ?? [];
  const pass = { tenant, version: Number(version), expiresAt: Number(expiresAt) };
  if (given === "" || pass.expiresAt * 1000 < nowMs) return 0;
  const expected = Buffer.from(signature(pass, key));
  return timingSafeEqual(expected, Buffer.from(given)) ? pass.version : 0;
}

function signature({ tenant, version, expiresAt }: TesterPass, key: string): string {
  const text = `sluice-version\n${tenant}\n${version}\n${expiresAt}`;
  return createHmac("sha256", key).update(text).digest("base64url");
}
