// Makes a peer of the URL that a script fetches. Whether its address may be reached is decided
// where the connection is made (upstream/egress.ts), so that neither another spelling of an
// address nor a name that changes leads to internal networks. The checks that need no connection
// are here.

import type { Egress } from "../upstream/egress.ts";
import { toPeer } from "../upstream/peer.ts";
import { DEFAULT_CREDENTIALS } from "../upstream/peer-tls.ts";
import type { Peer } from "../upstream/transport.ts";
import type { FetchUrl } from "./fetch-url.ts";
import { FetchRefusal, shown } from "./refusal.ts";

/** Whose scripts go there, and which addresses they may have. */
export interface Fetching {
  readonly tenant: string;
  /** Null: any. */
  readonly egress: Egress | null;
}

/** Throws FetchRefusal. */
export function peerOf(url: FetchUrl, { tenant, egress }: Fetching): Peer {
  const isTls = url.protocol === "https:";
  const port = url.port === "" ? (isTls ? 443 : 80) : Number(url.port);
  if (egress !== null && BAD_PORTS.has(port)) {
    throw new FetchRefusal(`fetch: port ${port} is for another protocol`);
  }
  const tls = isTls ? { sni: null, credentials: DEFAULT_CREDENTIALS } : undefined;
  const peer = toPeer(`${url.hostname}:${port}`, { tls, tenant, egress });
  if (peer === null) throw new FetchRefusal(`fetch: ${shown(url.host)} cannot be connected to`);
  return peer;
}

/** Fetch, section 2.9: a request that another protocol would read. */
const BAD_PORTS: ReadonlySet<number> = new Set([
  0, 1, 7, 9, 11, 13, 15, 17, 19, 20, 21, 22, 23, 25, 37, 42, 43, 53, 69, 77, 79, 87, 95, 101, 102,
  103, 104, 109, 110, 111, 113, 115, 117, 119, 123, 135, 137, 139, 143, 161, 179, 389, 427, 465,
  512, 513, 514, 515, 526, 530, 531, 532, 540, 548, 554, 556, 563, 587, 601, 636, 989, 990, 993,
  995, 1719, 1720, 1723, 2049, 3659, 4045, 4190, 5060, 5061, 6000, 6566, 6665, 6666, 6667, 6668,
  6669, 6679, 6697, 10080,
]);
