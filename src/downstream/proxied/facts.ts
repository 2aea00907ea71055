// What scripts see of a PROXY header (`session.client.proxy`), as JSON.

import type { ProxyHeader } from "../../proxy-protocol/header.ts";

/** Empty: it names nobody. */
export function proxyFacts({ version, ends, details }: ProxyHeader): string {
  if (ends === null) return "";
  const tls = details?.tls ?? null;
  return JSON.stringify({
    version,
    destination: ends.destination,
    alpn: textOrNull(details?.alpn),
    authority: textOrNull(details?.authority),
    uniqueId: textOrNull(details?.uniqueId),
    tls:
      tls === null
        ? null
        : {
            version: tls.version,
            cipher: tls.cipher,
            commonName: textOrNull(tls.commonName),
            verified: tls.isVerified,
          },
    others: (details?.others ?? []).map(({ type, value }) => ({
      type,
      value: value.toString("base64"),
    })),
  });
}

const textOrNull = (text = ""): string | null => (text === "" ? null : text);
