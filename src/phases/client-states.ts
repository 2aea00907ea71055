// What scripts keep for a client's connection (Pingora's `persist_connection_context`): one JSON
// text for each tenant, for as long as the connection lasts. A connection on which a trusted proxy
// brings many clients keeps nothing, because one client's state would be given to the next.

import { CLIENT_STATE_CHARS_MAX } from "../wire/records.ts";

/** Tenants whose hosts one client asks for on one connection; beyond, the oldest begins anew. */
const TENANTS_MAX = 8;

export class ClientStates {
  /** By the tenant's identity: most connections have none. */
  #texts: Map<string, string> | null = null;

  /** Empty: none. */
  textOf(tenantId: string): string {
    return this.#texts?.get(tenantId) ?? "";
  }

  keep(tenantId: string, text: string): void {
    this.#texts ??= new Map();
    const texts = this.#texts;
    texts.delete(tenantId);
    if (text !== "") texts.set(tenantId, text);
    for (const oldest of texts.keys()) {
      if (texts.size <= TENANTS_MAX) break;
      texts.delete(oldest);
    }
  }
}

/** Whether it is what our runtime would have written. */
export function isClientState(text: string): boolean {
  if (text === "") return true;
  if (text.length > CLIENT_STATE_CHARS_MAX) return false;
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
