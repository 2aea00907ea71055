// Checks that need more than one key of a group: the files of its TLS, whether there is a name for
// which a certificate can be checked, and what its hash is made of. They work on the value as it
// was read.

import { parsePeerAddress } from "../address.ts";
import type { Path } from "../document.ts";
import type { Mistake } from "../problems.ts";
import { entriesOf, isMapping, itemsOf } from "../shape.ts";
import { checkTlsFiles } from "./tls-files.ts";

/** @param folder what the paths of files are relative to */
export const checkUpstreamTls = (path: Path, value: unknown, folder: string): Mistake[] => {
  const group = entriesOf(value);
  const tls = group.get("tls");
  return [
    ...checkTlsFiles([...path, "tls"], tls, folder),
    ...itemsOf(group.get("peers")).flatMap((peer, index) => {
      const at = [...path, "peers", index];
      const own = entriesOf(peer).get("tls");
      return [
        ...checkTlsFiles([...at, "tls"], own, folder),
        ...checkServerName(at, addressOf(peer), own ?? tls),
      ];
    }),
  ];
};

/** undici speaks HTTP/1.1 here, and gRPC nothing but HTTP/2. */
export const checkProtocol = (path: Path, value: unknown): Mistake[] => {
  const group = entriesOf(value);
  if (group.get("protocol") !== "http2") {
    if (entriesOf(group.get("health")).get("kind") !== "grpc") return [];
    const text = "expected http or tcp without protocol: http2, got grpc";
    return [{ path: [...path, "health", "kind"], text, isKey: false }];
  }
  const peers = itemsOf(group.get("peers")).map((peer) => entriesOf(peer).get("transport"));
  if (![group.get("transport"), ...peers].includes("undici")) return [];
  const text = "expected http1 with transport: undici, got http2";
  return [{ path: [...path, "protocol"], text, isKey: false }];
};

/** What says how a peer is chosen, if it takes more than one key to see. */
export const checkBalance = (path: Path, value: unknown): Mistake[] => {
  const group = entriesOf(value);
  const hash = entriesOf(group.get("hash"));
  const by = hash.get("by");
  const needsName = by === "header" || by === "cookie";
  if (needsName && !hash.has("name")) {
    const text = `expected the name of the ${by}, got nothing`;
    return [{ path: [...path, "hash", "name"], text, isKey: false }];
  }
  if (!needsName && hash.has("name")) {
    const text = "expected a name only with by: header or by: cookie";
    return [{ path: [...path, "hash", "name"], text, isKey: false }];
  }
  return [];
};

const addressOf = (peer: unknown): unknown =>
  typeof peer === "string" ? peer : entriesOf(peer).get("address");

const checkServerName = (path: Path, address: unknown, tls: unknown): Mistake[] => {
  const parsed = typeof address === "string" ? parsePeerAddress(address) : null;
  if (parsed === null || parsed.socketPath === null) return [];
  if (tls !== true && !isMapping(tls)) return [];
  if (entriesOf(tls).has("sni")) return [];
  const text = "expected tls with sni, since a UNIX socket has no host name, got none";
  return [{ path, text, isKey: false }];
};
