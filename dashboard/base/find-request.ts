// The request that somebody has an id of: its own or its trace's, from a log, a header or a ticket.

import { call } from "./api.ts";
import { rememberedBy } from "./tail-buffer.ts";

export interface FoundRequest {
  readonly tenant: string;
  readonly id: string;
}

/** What a trusted proxy may have given is an id too: it is not always one of ours. */
const ID = /^[\w.~-]{8,128}$/;

/** Null: it is no id, or of a request that nobody has kept. @param own  tenant of the token */
export async function findRequest(text: string, own: string | null): Promise<FoundRequest | null> {
  if (!ID.test(text)) return null;
  const line = rememberedBy(text);
  if (line?.id !== undefined && typeof line.tenant === "string") {
    return { tenant: line.tenant, id: line.id };
  }
  const base = own === null ? "" : `/tenants/${encodeURIComponent(own)}`;
  try {
    const path = `${base}/requests/${encodeURIComponent(text)}?nodes=all`;
    const { body } = await call<{ readonly id: string; readonly tenant?: string }>(path);
    const tenant = own ?? body.tenant;
    return tenant === undefined ? null : { tenant, id: body.id };
  } catch {
    return null;
  }
}
