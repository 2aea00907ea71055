// Addresses inside: loopback, private, link-local, in every notation.

import { type Attack, PEER_REFUSED } from "../attack.ts";

export const attack: Attack = {
  title: "a peer inside the network is refused",
  before: `const PEERS = ["127.0.0.1:PORT", "[::1]:PORT", "0.0.0.0:PORT", "[::ffff:127.0.0.1]:PORT",
  "169.254.169.254:80", "10.0.0.1:80", "localhost:PORT", "[::]:PORT", "[fe80::1]:80"];`,
  hooks: `upstreamPeer(session) {
      const all = PEERS;
      return { address: all[Number(session.request.headers.get("n")) % all.length] };
    }`,
  times: 9,
  isQuick: true,
  expected: PEER_REFUSED,
};
