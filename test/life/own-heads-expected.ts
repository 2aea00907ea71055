// What each answer of own-heads-stand.ts must be, all of it: it follows from what was asked, the id
// of the request, and the version of the script that it went through.

import {
  BODY_BYTES,
  type Kind,
  originsFields,
  originsStatus,
  PLAIN,
  type Tenant,
  turnOf,
} from "./own-heads-stand.ts";

export interface Asked {
  readonly tenant: Tenant;
  readonly kind: Kind;
  readonly path: string;
  readonly method: string;
  /** Of its client alone; empty: it says nothing. */
  readonly own: string;
  readonly body: string;
}

export interface Came {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly hints: readonly unknown[];
  readonly trailers: Readonly<Record<string, unknown>>;
  readonly body: string;
}

/** It has no script. */
export const isPlain = (tenant: Tenant): boolean => PLAIN.some((plain) => plain === tenant);

/** All that the answer must be, by the id of its request and the version that it went through. */
export function expected(asked: Asked, id: string, version: number): Came {
  const { tenant, kind, method, own, body } = asked;
  if (isPlain(tenant)) return expectedPlain(asked, id);
  if (kind === "early") return expectedEarly(id);
  const turn = turnOf(id);
  const { server = "", "set-cookie": cookie, ...same } = originsFields(kind, id);
  const status = originsStatus(kind);
  const isWhole = status === 200;
  const seen = ["none", id, own === "" ? id : `${own}, ${id}`, own || "none"][turn];
  const told = `${tenant} ${version} ${id}; ${seen}; ${body}`.padEnd(BODY_BYTES);
  return {
    status: turn === 3 && isWhole ? 203 : status,
    headers: {
      ...same,
      ...(turn === 0 ? {} : { server: turn === 1 ? id : server }),
      ...(turn === 2 ? { "x-own": id } : {}),
      ...(isWhole && kind !== "trailed" ? { "content-length": `${BODY_BYTES}` } : {}),
      "set-cookie": [cookie, `own=${id}`],
      "x-turn": `${tenant} ${version} ${id} ${tenant}`,
      "x-request-id": id,
    },
    hints: kind === "hinted" ? [id] : [],
    trailers: kind === "trailed" ? { "x-sum": id, "x-end": `${tenant} ${version} ${id}` } : {},
    body: isWhole && method !== "HEAD" ? told : "",
  };
}

function expectedEarly(id: string): Came {
  const body = `early ${id}`;
  return {
    status: 403,
    headers: {
      "content-type": "text/plain;charset=UTF-8",
      "content-length": `${body.length}`,
      "set-cookie": [`own=${id}`],
      "x-request-id": id,
    },
    hints: [],
    trailers: {},
    body,
  };
}

/** What the origin has said, as it has. */
function expectedPlain({ kind, method, own, body }: Asked, id: string): Came {
  const { "set-cookie": cookie, ...same } = originsFields(kind, id);
  const status = originsStatus(kind);
  const isWhole = status === 200;
  return {
    status,
    headers: {
      ...same,
      ...(isWhole && kind !== "trailed" ? { "content-length": `${BODY_BYTES}` } : {}),
      "set-cookie": [cookie],
      "x-request-id": id,
    },
    hints: kind === "hinted" ? [id] : [],
    trailers: kind === "trailed" ? { "x-sum": id } : {},
    body: isWhole && method !== "HEAD" ? `none; ${own || "none"}; ${body}`.padEnd(BODY_BYTES) : "",
  };
}
