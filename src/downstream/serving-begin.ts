// What the life of one request begins with; server.ts puts it together.

import type { RequestHead } from "../http1/messages.ts";
import type { Exchange } from "../phases/exchange.ts";
import type { Attempts } from "./attempts.ts";
import type { ClientConnection } from "./connection.ts";
import type { Holders } from "./holders.ts";
import type { Route } from "./policy/route.ts";
import type { ServeContext, Tenant } from "./serve-context.ts";

export interface ServingBegin {
  readonly context: ServeContext;
  readonly client: ClientConnection;
  readonly head: RequestHead;
  readonly exchange: Exchange;
  readonly attempts: Attempts;
  readonly tenant: Tenant;
  /** Of the tenant, entered by who begins this; left after logging. */
  readonly holders: Holders;
  /** Null: the tenant's configuration does nothing to its requests. */
  readonly route: Route | null;
}
