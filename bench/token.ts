// A key pair, and a token signed with it, for the contestants that verify one.

import { generateKeyPairSync, sign } from "node:crypto";

export interface Token {
  /** The public key, twice. */
  readonly jwk: string;
  readonly spki: string;
  /** What the client sends. */
  readonly token: string;
}

const SUBJECT = "ann";
const VALID_SECONDS = 86_400;

export function makeToken(): Token {
  const { privateKey, publicKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString("base64url");
  const exp = Math.floor(Date.now() / 1000) + VALID_SECONDS;
  const signed = `${part({ alg: "RS256", typ: "JWT" })}.${part({ sub: SUBJECT, exp })}`;
  const signature = sign("sha256", Buffer.from(signed), privateKey).toString("base64url");
  return {
    jwk: JSON.stringify(publicKey.export({ format: "jwk" })),
    spki: publicKey.export({ format: "der", type: "spki" }).toString("base64"),
    token: `${signed}.${signature}`,
  };
}
