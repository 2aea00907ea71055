// A pair of certificate and key as somebody sends it, checked for all that would make a client
// refuse it.

import { type CertificateFacts, coversSome, factsOf } from "./facts.ts";
import {
  certificatesOnly,
  chainProblem,
  keyProblem,
  servedProblem,
  toCertificates,
  toKey,
} from "./pem.ts";

export interface CheckedPair {
  readonly facts: CertificateFacts;
  /** PEM of the chain and nothing else. */
  readonly cert: string;
  readonly key: string;
}

export interface PairProblem {
  readonly field: "cert" | "key";
  readonly text: string;
}

export interface WantedPair {
  readonly cert: string;
  readonly key: string;
  /** At least one of these it must be for. */
  readonly hosts: readonly string[];
  readonly nowMs: number;
}

/** Throws nothing: every problem is in the answer. */
export function checkPair({ cert, key, hosts, nowMs }: WantedPair): CheckedPair | PairProblem[] {
  const certificates = attempt("cert", "a PEM text of certificates", () => toCertificates(cert));
  const parsedKey = attempt("key", "a PEM text of a private key", () => toKey(key));
  const problems = [certificates, parsedKey].flatMap((one) => ("text" in one ? [one] : []));
  if ("text" in certificates || "text" in parsedKey) return problems;
  const [own] = certificates.value;
  if (own === undefined) return problems;
  const facts = factsOf(own);
  const chain = certificatesOnly(cert);
  const parts = { certificates: certificates.value, key: parsedKey.value };
  const ofKey = keyProblem({ ...parts, cert: chain, keyText: key });
  if (ofKey !== null) problems.push(problem("key", `expected the key of cert: ${ofKey}`));
  const ofChain = ofKey === null ? chainProblem(certificates.value) : null;
  if (ofChain !== null) {
    problems.push(problem("cert", `expected a chain, the own certificate first: ${ofChain}`));
  }
  const ofKind = servedProblem(own);
  if (ofKind !== null) problems.push(problem("cert", `expected one that clients know: ${ofKind}`));
  problems.push(...timeProblems(facts, nowMs));
  if (!coversSome(facts.names, hosts)) {
    const is = facts.names.length === 0 ? "it names none" : `it is for ${facts.names.join(", ")}`;
    const text = `expected a certificate for one of ${hosts.join(", ")}: ${is}`;
    problems.push(problem("cert", text));
  }
  return problems.length > 0 ? problems : { facts, cert: chain, key };
}

function timeProblems({ notBeforeMs, expiresAtMs }: CertificateFacts, nowMs: number) {
  if (expiresAtMs <= nowMs) {
    const when = new Date(expiresAtMs).toISOString();
    return [problem("cert", `expected one that is valid: it has expired, at ${when}`)];
  }
  if (notBeforeMs <= nowMs) return [];
  const when = new Date(notBeforeMs).toISOString();
  return [problem("cert", `expected one that is valid: it is not before ${when}`)];
}

const problem = (field: PairProblem["field"], text: string): PairProblem => ({ field, text });

function attempt<T>(
  field: PairProblem["field"],
  expected: string,
  parse: () => T,
): { readonly value: T } | PairProblem {
  try {
    return { value: parse() };
  } catch (thrown) {
    const reason = thrown instanceof Error ? thrown.message : String(thrown);
    return problem(field, `expected ${expected}: ${reason}`);
  }
}
