// Where a request begins: whose it is, what its configuration says, which scripts run for it.

import { epochMs } from "../base/clock.ts";
import { SluiceError } from "../base/errors.ts";
import { CHUNKED } from "../http1/framing.ts";
import type { RequestHead } from "../http1/messages.ts";
import { Exchange } from "../phases/exchange.ts";
import { OuterLayer } from "../phases/layer.ts";
import { SOURCE } from "../wire/response-sources.ts";
import { admit, admitAround } from "./admit.ts";
import type { ClientSender, ClientStream } from "./client-stream.ts";
import { CompressedStream } from "./compression/compressed-stream.ts";
import { type DecideOptions, decide } from "./decide.ts";
import { ALLOWED } from "./error-page.ts";
import { isLastHop, ownOf } from "./forwarded.ts";
import { NOBODY } from "./nobody.ts";
import { PeerChoice } from "./peer-choice.ts";
import { Serving } from "./serve.ts";
import type { ServeContext } from "./serve-context.ts";

export interface Beginning {
  readonly context: ServeContext;
  readonly deciding: DecideOptions;
}

/** It has yet to be started. */
export function beginServing(
  client: ClientStream,
  head: RequestHead,
  { context, deciding }: Beginning,
): Serving {
  const { sender } = client;
  const tenant = context.route(head.host);
  const forwarding = deciding.forwarder.forward(head, sender);
  const { clientAddress } = forwarding;
  const challenge = deciding.challenges.answer(head);
  let decision = challenge ?? decide(tenant, head, forwarding, deciding);
  if (decision.error === null && isLastHop(head)) {
    decision = { ...decision, answer: OPTIONS_ANSWER, kind: SOURCE.answer };
  }
  const hasAround = challenge === null && tenant !== null && context.around.length > 0;
  const around = hasAround ? admitAround(context, head, clientAddress) : null;
  if (around instanceof SluiceError) decision = { ...decision, error: around };
  // what is refused or answered here gets no ctx of its tenant's, so none of its hooks may run
  const isServed = tenant !== null && decision.error === null && decision.answer === null;
  const admitted = isServed ? admit(tenant, head, clientAddress) : null;
  if (admitted instanceof SluiceError) decision = { ...decision, error: admitted };
  const own = ownOf(sender, head);
  const isSender = clientAddress === sender.address;
  const owner = tenant ?? NOBODY;
  const exchange = new Exchange({
    id: forwarding.id,
    startMs: epochMs(),
    client: isSender ? sender : { address: clientAddress, port: 0, tlsText: sender.tlsText },
    version: sender.isHttp2 ? "2" : head.minor === 1 ? "1.1" : "1.0",
    host: head.host,
    authority: head.host === "" ? sender.localAuthority : head.host,
    tenant: tenant?.name ?? "",
    meter: tenant?.meter ?? null,
    deployment: admitted instanceof SluiceError ? null : admitted,
    outer: around instanceof OuterLayer ? around : null,
    method: head.method,
    target: head.target,
    headers: forwarding.headers,
    states: own?.states ?? null,
    transport: context.transport,
    reach: owner,
    isTimed: context.isTimed === true,
    mayHaveTrailers: head.acceptsTrailers || mayEndInTrailers(head, sender),
  });
  const { holders } = owner;
  holders.enter();
  const choice = new PeerChoice(owner, decision.route);
  const logins = own?.logins ?? null;
  const { compression } = owner;
  const compressed =
    compression === null
      ? null
      : new CompressedStream({ below: client, compression, request: head });
  const serving = new Serving({
    context,
    client: compressed ?? client,
    head,
    exchange,
    choice,
    logins,
    tenant: owner,
    holders,
    decision,
  });
  if (compressed !== null) compressed.owner = serving;
  return serving;
}

/** HTTP/2 has them behind a body of a length that was said, too. */
const mayEndInTrailers = (
  { contentLength }: RequestHead,
  { isHttp2 }: Pick<ClientSender, "isHttp2">,
): boolean => contentLength === CHUNKED || (isHttp2 && contentLength > 0);

/** To an OPTIONS request whose Max-Forwards ends here (RFC 9110 section 7.6.2). */
const OPTIONS_ANSWER = { status: 204, headers: `Allow: ${ALLOWED}\r\n`, body: Buffer.alloc(0) };
