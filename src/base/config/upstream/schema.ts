// The keys of a group of peers: addresses, TLS, times.

import { isIP } from "node:net";
import * as z from "zod";
import { isHostName, parsePeerAddress } from "../address.ts";
import { checked, choice, integer, listOf, mapping, milliseconds, text } from "../fields.ts";
import { balanceKeys } from "./balance-schema.ts";
import { healthKeys } from "./health-schema.ts";

const transport = () => choice(["sluice", "undici"]);

/** Where we connect to. */
const peerAddress = () =>
  checked({
    expected: "host:port, such as 10.0.0.7:9001 or origin.example.com:80, or unix:/path",
    pattern: /^(?:.+:[0-9]+|unix:\/.+)$/,
    isValid: (value) => parsePeerAddress(value) !== null,
  });

// An IP address is never sent as SNI (RFC 6066 section 3).
const serverName = () =>
  checked({
    expected: "a host name, such as origin.example.com",
    pattern: /^[^\s/:*]+$/,
    isValid: isHostName,
  });

const tls = () =>
  z.union(
    [
      z.boolean("true, false or a mapping"),
      mapping({
        sni: serverName().optional().describe("Name asked for and checked; default: the host."),
        ca: text().optional().describe("PEM file of whom to trust, in place of Node's roots."),
        cert: text().optional().describe("PEM file of our own certificate, with its chain."),
        key: text().optional().describe("PEM file of its key."),
        verify: z
          .boolean("true or false")
          .default(true)
          .describe("false: any certificate will do, so that anyone between can read and write."),
        minVersion: choice(["TLSv1.2", "TLSv1.3"]).default("TLSv1.2"),
      }),
    ],
    "true, false or a mapping with sni, ca, cert, key, verify and minVersion",
  );

const nameServer = () =>
  checked({
    expected: "address:port of a name server, such as 10.0.0.53:53 or [2001:db8::53]:53",
    pattern: /^(?:[0-9.]+|\[[0-9A-Fa-f:.]+\]):[0-9]+$/,
    isValid: (value) => isIP(parsePeerAddress(value)?.host ?? "") !== 0,
  });

const resolve = () =>
  z.union(
    [
      z.boolean("true, false or a mapping"),
      mapping({
        servers: listOf(nameServer(), "a list of name servers")
          .optional()
          .describe("Who is asked; left out: the machine's own, /etc/hosts first."),
      }),
    ],
    "true, false or a mapping with servers",
  );

const peer = z.union(
  [
    peerAddress(),
    mapping({
      address: peerAddress(),
      weight: integer(1, 1_000).default(1).describe("Share of the group's requests."),
      priority: integer(0, 15)
        .default(0)
        .describe("0 serves; higher numbers are backups, used if no peer before them is sound."),
      transport: transport().optional().describe("Overrides the group's."),
      tls: tls().optional().describe("Overrides the group's, as a whole."),
    }),
  ],
  "host:port, or a mapping with address, weight, priority, transport and tls",
);

export const upstream = mapping({
  peers: listOf(peer, "a list of peers"),
  connectTimeoutMs: milliseconds().default(5_000).describe("For name, connection and TLS."),
  responseTimeoutMs: milliseconds()
    .default(60_000)
    .describe("From the end of the request to the response's head, and between two body reads."),
  // Below the 60 s after which common origins and balancers close, so that we close first.
  idleTimeoutMs: milliseconds(0)
    .default(55_000)
    .describe("How long an idle connection is kept, if its peer does not say less; 0: not at all."),
  transport: transport().default("sluice").describe("Implementation of the connections."),
  protocol: choice(["http1", "http2"])
    .default("http1")
    .describe("http2: over TLS by ALPN, in the clear by prior knowledge; for gRPC, above all."),
  tls: tls().default(false).describe("true: TLS with Node's roots."),
  resolve: resolve()
    .default(false)
    .describe("true: a name stands for all its addresses, asked for again as its TTL says."),
  proxyProtocol: z
    .boolean("true or false")
    .default(false)
    .describe("true: connections begin with a PROXY header (version 2) that says whose they are."),
  ...balanceKeys,
  ...healthKeys,
});

export type UpstreamFile = z.output<typeof upstream>;
export type PeerFile = UpstreamFile["peers"][number];
export type TlsFile = UpstreamFile["tls"];
