// One order at an authority (RFC 8555), from the account to the certificate. The client library is
// loaded with the first order: a proxy that orders nothing pays nothing for it.

import { Agent } from "node:https";
import { setTimeout as sleep } from "node:timers/promises";
import type { Authorization, Client, Order } from "acme-client";
import type { PemPair } from "../../../base/certificates/shared-pem.ts";
import type { AcmeConfig } from "../../../base/config/acme-types.ts";
import { LIMITS } from "../../../base/limits.ts";
import { Mutex } from "../../../base/mutex.ts";
import { version } from "../../../base/version.ts";
import type { AcmeAccount, AcmeStore } from "../../store/acme-store.ts";
import { sentenceOf } from "./sentence.ts";

export type ChallengeType = "http-01" | "tls-alpn-01" | "dns-01";

/** What the authority is to find. */
export type Proof =
  | { readonly type: "http-01"; readonly token: string; readonly answer: string }
  | ({ readonly type: "tls-alpn-01" } & PemPair)
  | { readonly type: "dns-01"; readonly value: string };

export interface OrderParts {
  readonly acme: AcmeConfig;
  readonly accounts: Pick<AcmeStore, "acmeAccount" | "putAcmeAccount">;
  readonly host: string;
  readonly type: ChallengeType;
  /** Resolves when it can be found; given back, it cannot be found any more. */
  readonly show: (proof: Proof) => Promise<AsyncDisposable>;
  readonly signal: AbortSignal;
}

type Library = typeof import("acme-client");

/** One account for all orders that begin at once. */
const ACCOUNTS = new Mutex();
/** RFC 8555 section 8.1: nothing that could be a path, or a line of its own. */
const TOKEN = /^[A-Za-z0-9_-]{16,128}$/;

/** Throws a sentence that says what went wrong. */
export async function orderCertificate(parts: OrderParts): Promise<PemPair> {
  const { acme, host, signal } = parts;
  const library = await load(acme);
  const client = await step("reach the authority", () =>
    ACCOUNTS.run(() => clientOf(library, parts)),
  );
  const identifiers = [{ type: "dns", value: host }];
  const order = await step("order", () => client.createOrder({ identifiers }));
  for (const authorization of await client.getAuthorizations(order)) {
    if (authorization.status !== "valid") await prove(library, { ...parts, client, authorization });
  }
  const ready = await orderIn(["ready", "valid"], { client, order, signal });
  const [key, request] = await library.crypto.createCsr(
    { altNames: [host] },
    await library.crypto.createPrivateEcdsaKey(),
  );
  const finalized = await step("finish the order", () => client.finalizeOrder(ready, request));
  const valid = await orderIn(["valid"], { client, order: finalized, signal });
  const cert = await step("get the certificate", () => client.getCertificate(valid));
  signal.throwIfAborted();
  return { cert, key: key.toString() };
}

async function load({ ca }: AcmeConfig): Promise<Library> {
  const { default: library } = await import("acme-client");
  const { defaults, interceptors } = library.axios;
  defaults.timeout = LIMITS.acmeRequestMs;
  defaults.maxContentLength = LIMITS.acmeAnswerBytes;
  defaults.httpsAgent = new Agent(ca === null ? {} : { ca });
  defaults.headers.common["User-Agent"] = `sluice/${version()}`;
  // they repeat requests, which orders do, and hide why an authority could not be reached
  interceptors.request.clear();
  interceptors.response.clear();
  return library;
}

async function clientOf(library: Library, { acme, accounts, signal }: OrderParts): Promise<Client> {
  signal.throwIfAborted();
  const { directory: directoryUrl, contact, externalAccount: external } = acme;
  const known = await accounts.acmeAccount(directoryUrl);
  // kept before the authority hears of it: an account whose key is lost is nobody's
  const account = known ?? { url: "", key: String(await library.crypto.createPrivateEcdsaKey()) };
  if (known === null) await accounts.putAcmeAccount(directoryUrl, account);
  const client = new library.Client({
    ...{ directoryUrl, accountKey: account.key },
    ...(account.url === "" ? {} : { accountUrl: account.url }),
    ...(external === null ? {} : { externalAccountBinding: bindingOf(external) }),
  });
  if (account.url !== "") return client;
  const mails = contact.map((address) => `mailto:${address}`);
  await client.createAccount({ termsOfServiceAgreed: true, contact: mails });
  const made: AcmeAccount = { ...account, url: client.getAccountUrl() };
  await accounts.putAcmeAccount(directoryUrl, made);
  return client;
}

const bindingOf = ({ keyId, hmacKey }: NonNullable<AcmeConfig["externalAccount"]>) => ({
  kid: keyId,
  hmacKey,
});

interface Proving extends OrderParts {
  readonly client: Client;
  readonly authorization: Authorization;
}

async function prove(library: Library, proving: Proving): Promise<void> {
  const { client, authorization, type, show, signal } = proving;
  const challenge = authorization.challenges.find((one) => String(one.type) === type);
  if (challenge === undefined) throw new Error(`the authority offers no ${type} for this name`);
  if (!TOKEN.test(challenge.token)) throw new Error("the authority's token is not a token");
  const answer = await client.getChallengeKeyAuthorization(challenge);
  await using _shown = await show(await proofOf(library, proving, answer));
  signal.throwIfAborted();
  await step("ask for the check", () => client.completeChallenge(challenge));
  for (;;) {
    await sleep(LIMITS.acmePollMs, undefined, { signal, ref: false });
    const now = await client.getAuthorizations({
      ...NO_ORDER,
      authorizations: [authorization.url],
    });
    const status = now[0]?.status;
    if (status === "valid") return;
    if (status === "pending") continue;
    const failed = now[0]?.challenges.find((one) => String(one.type) === type);
    throw new Error(`the authority did not find the answer to ${type}: ${detailOf(failed?.error)}`);
  }
}

async function proofOf(
  library: Library,
  { type, host, authorization }: Proving,
  answer: string,
): Promise<Proof> {
  if (type === "dns-01") return { type, value: answer };
  if (type === "http-01") return { type, token: answer.slice(0, answer.indexOf(".")), answer };
  const identifier = { type: "dns", value: host };
  const named = { ...authorization, identifier };
  const [key, cert] = await library.crypto.createAlpnCertificate(named, answer);
  return { type, cert: String(cert), key: String(key) };
}

const NO_ORDER: Order = {
  ...{ status: "pending", identifiers: [], authorizations: [], finalize: "", url: "" },
};

interface Awaited {
  readonly client: Client;
  readonly order: Order;
  readonly signal: AbortSignal;
}

/** The order once it is in one of these states. */
async function orderIn(
  states: readonly Order["status"][],
  { client, order, signal }: Awaited,
): Promise<Order> {
  for (let now = order; ; now = await client.getOrder(order)) {
    if (states.includes(now.status)) return now;
    if (now.status === "invalid") {
      throw new Error(`the authority refuses the order: ${detailOf(now.error)}`);
    }
    await sleep(LIMITS.acmePollMs, undefined, { signal, ref: false });
  }
}

/** Of a problem document (RFC 7807). */
const detailOf = (problem: unknown): string =>
  typeof problem === "object" && problem !== null && "detail" in problem
    ? String(problem.detail)
    : "it does not say why";

async function step<T>(what: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (thrown) {
    throw new Error(`cannot ${what}: ${sentenceOf(thrown)}`, { cause: thrown });
  }
}
