// What the life of one request begins with; server.ts puts it together.

import type { RequestHead } from "../http1/messages.ts";
import type { Exchange } from "../phases/exchange.ts";
import type { LoginKeeper } from "../upstream/transport.ts";
import type { Capture } from "./capture/capture.ts";
import type { ClientStream } from "./client-stream.ts";
import type { Holders } from "./holders.ts";
import type { PeerChoice } from "./peer-choice.ts";
import type { Decision } from "./policy/policy.ts";
import type { ServeContext, Tenant } from "./serve-context.ts";

export interface ServingBegin {
  readonly context: ServeContext;
  readonly client: ClientStream;
  /** Null: nobody wants a record of it. */
  readonly capture: Capture | null;
  readonly head: RequestHead;
  readonly exchange: Exchange;
  readonly choice: PeerChoice;
  /** Who keeps a login of this client; null: nobody may. */
  readonly logins: LoginKeeper | null;
  readonly tenant: Tenant;
  /** Of the tenant, entered by who begins this; left after logging. */
  readonly holders: Holders;
  readonly decision: Decision;
}
