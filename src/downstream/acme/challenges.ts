// What an authority asks for before it issues a certificate (RFC 8555, RFC 8737), answered ahead of
// everything else: of names and tokens whose order is under way, and of no others. Nearly always
// there are none, and a request costs one look.

import { createSecureContext, type SecureContext } from "node:tls";
import type { RequestHead } from "../../http1/messages.ts";
import { SOURCE } from "../../wire/response-sources.ts";
import { hostNameOf } from "../policy/host.ts";
import { type Decision, GO_ON } from "../policy/policy.ts";

/** One that is to be answered. */
export type Challenge =
  /** By a request in the clear for `/.well-known/acme-challenge/TOKEN`. */
  | {
      readonly type: "http-01";
      readonly host: string;
      readonly token: string;
      readonly answer: string;
    }
  /** By a handshake for the protocol `acme-tls/1`. PEM, both. */
  | {
      readonly type: "tls-alpn-01";
      readonly host: string;
      readonly cert: string;
      readonly key: string;
    };

/** What a client offers that is an authority and nothing else. */
export const ACME_PROTOCOL = "acme-tls/1";

const PATH = "/.well-known/acme-challenge/";

export class Challenges {
  /** By host and target. */
  readonly #answers = new Map<string, Decision>();
  readonly #contexts = new Map<string, SecureContext>();

  /** From now on these and no others. */
  hold(all: readonly Challenge[]): void {
    this.#answers.clear();
    this.#contexts.clear();
    for (const challenge of all) {
      if (challenge.type === "http-01") {
        const { host, token, answer } = challenge;
        this.#answers.set(`${host} ${PATH}${token}`, decisionOf(answer));
      } else {
        const { host, cert, key } = challenge;
        this.#contexts.set(host, createSecureContext({ cert, key, minVersion: "TLSv1.2" }));
      }
    }
  }

  /** Null: it is a request like any other. */
  answer({ host, target, method }: RequestHead): Decision | null {
    if (this.#answers.size === 0 || !target.startsWith(PATH)) return null;
    if (method !== "GET" && method !== "HEAD") return null;
    return this.#answers.get(`${hostNameOf(host).toLowerCase()} ${target}`) ?? null;
  }

  /** For a handshake that offers `ACME_PROTOCOL`; null: no such order is under way. */
  contextFor(serverName: string | null): SecureContext | null {
    return serverName === null ? null : (this.#contexts.get(serverName) ?? null);
  }
}

const decisionOf = (answer: string): Decision => ({
  ...GO_ON,
  answer: {
    status: 200,
    headers: "Content-Type: application/octet-stream\r\n",
    body: Buffer.from(answer),
  },
  kind: SOURCE.answer,
});
