// From an exchange to a tunnel, after a 101: its bytes are the exchange's, and its tenant holds it.

import type { Exchange } from "../phases/exchange.ts";
import type { Attempt } from "./attempt.ts";
import type { Holders } from "./holders.ts";
import { type TunnelEnds, tunnel } from "./tunnel.ts";
import { WEBSOCKET } from "./upgrades.ts";

export interface SwitchedTo {
  readonly exchange: Exchange;
  readonly holders: Holders;
  /** Whose peer has it. */
  readonly attempt: Attempt | null;
  /** The protocol. */
  readonly upgrade: string;
}

/** `over` is called once, when either side has ended it. */
export function switchOver(
  ends: TunnelEnds,
  { exchange, holders, attempt, upgrade }: SwitchedTo,
  over: () => void,
): void {
  const done = (received: number, sent: number): void => {
    attempt?.leave();
    admitted[Symbol.dispose]();
    exchange.bytesReceived += received;
    exchange.bytesSent += sent;
    over();
  };
  const member = attempt?.member ?? null;
  const admitted = holders.admit(
    tunnel(ends, done, { isWebSocket: upgrade === WEBSOCKET }),
    member,
  );
}
