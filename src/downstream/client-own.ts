// What is kept for a client on its connection, beyond a request.

import { ClientStates } from "../phases/client-states.ts";
import { Logins } from "../upstream/logins.ts";

export class ClientOwn {
  /** Upstream connections that are logged in as this client. */
  readonly logins = new Logins();
  /** What scripts keep for it. */
  readonly states = new ClientStates();
}
