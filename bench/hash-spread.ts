// How evenly a consistent hash spreads keys over ten peers, and how many of them move when one peer
// goes: nginx's, HAProxy's and ours, asked with the same keys. Counts, so the machine may be busy.
//
//     node bench/hash-spread.ts --keys 5000

import { once } from "node:events";
import { connect } from "node:net";
import { parseArgs } from "node:util";
import { ConsistentHash } from "../src/upstream/group/consistent-hash.ts";
import { fixedGroup } from "../src/upstream/group/fixed.ts";
import { RoundRobin } from "../src/upstream/group/round-robin.ts";
import { toPeer } from "../src/upstream/peer.ts";
import { startHaproxy, startNginx } from "../test/support/edge-servers.ts";
import { freePort } from "../test/support/free-port.ts";

const PEERS = 10;
const BATCH = 50;
/** HAProxy has 16 points a weight unit: as many as nginx and we have with a weight of one. */
const HAPROXY_WEIGHTS = [1, 10];

/** Name of the peer that each key goes to. */
type Owners = readonly string[];

const keyOf = (index: number): string => `user-${index}`;

/** Pipelined, a batch at a time; the body is the name of the peer, in one character. */
async function ownersAt(port: number, keys: number): Promise<Owners> {
  const socket = connect(port, "127.0.0.1").setEncoding("latin1");
  const owners: string[] = [];
  for (let from = 0; from < keys; from += BATCH) {
    const count = Math.min(BATCH, keys - from);
    const requests = Array.from(
      { length: count },
      (_, i) => `GET /?k=${keyOf(from + i)} HTTP/1.1\r\nHost: a\r\n\r\n`,
    );
    socket.write(requests.join(""));
    let text = "";
    let found: string[] = [];
    while (found.length < count) {
      text += String((await once(socket, "data"))[0]);
      found = [...text.matchAll(/\r\n\r\n([A-Z])/g)].map(([, name = ""]) => name);
    }
    owners.push(...found);
  }
  socket.destroy();
  return owners;
}

const nameOf = (index: number): string => String.fromCharCode(65 + index);

/** As a group of the proxy's chooses, without the proxy around it. */
function ownOwners(ports: readonly number[], keys: number): Owners {
  const members = ports.map((port) => {
    const peer = toPeer(`127.0.0.1:${port}`);
    if (peer === null) throw new Error("no peer");
    return { peer, weight: 1 };
  });
  const group = fixedGroup("bench", members, { policy: new ConsistentHash(0, new RoundRobin()) });
  const names = new Map(members.map(({ peer }, index) => [peer.address, nameOf(index)]));
  return Array.from({ length: keys }, (_, index) => {
    const member = group.next(new Set(), { hashKey: () => keyOf(index) });
    member?.leave();
    return names.get(member?.address ?? "") ?? "";
  });
}

function said(name: string, before: Owners, after: Owners): string {
  const counts = [...Map.groupBy(before, (owner) => owner).values()].map(({ length }) => length);
  const shares = counts.map((count) => count / (before.length / PEERS));
  const gone = nameOf(PEERS - 1);
  const moved = before.filter((owner, index) => owner !== after[index]);
  const needless = moved.filter((owner) => owner !== gone).length;
  const percent = (count: number): string => ((100 * count) / before.length).toFixed(1);
  return (
    `| ${name} | ${Math.max(...shares).toFixed(2)} / ${Math.min(...shares).toFixed(2)} | ` +
    `${percent(moved.length)} % | ${percent(needless)} % |`
  );
}

const { values } = parseArgs({ options: { keys: { type: "string", default: "5000" } } });
const keys = Number(values.keys);
const ports = await Promise.all(Array.from({ length: PEERS }, freePort));
const fronts = await Promise.all(Array.from({ length: 2 + 2 * HAPROXY_WEIGHTS.length }, freePort));
const [nginxAll = 0, nginxLess = 0, ...haproxyPorts] = fronts;
const server = (port: number): string => `server 127.0.0.1:${port};`;
const servers = ports.map(
  (port, index) => `server { listen 127.0.0.1:${port}; return 200 "${nameOf(index)}"; }`,
);
const front = (port: number, count: number): string =>
  `upstream u${port} { hash $arg_k consistent; keepalive 8;
     ${ports.slice(0, count).map(server).join(" ")} }
   server { listen 127.0.0.1:${port}; location / { proxy_pass http://u${port}; } }`;
await using nginx = await startNginx(
  `keepalive_requests 1000000; ${servers.join("\n")}
   ${front(nginxAll, PEERS)} ${front(nginxLess, PEERS - 1)}`,
  { ports: [...ports, nginxAll, nginxLess] },
);
const listens = haproxyPorts.map((port, at) => {
  const weight = HAPROXY_WEIGHTS[Math.floor(at / 2)] ?? 1;
  const lines = ports
    .slice(0, PEERS - (at % 2))
    .map((one, index) => `  server s${index} 127.0.0.1:${one} weight ${weight}`);
  return `listen l${port}
  bind 127.0.0.1:${port}
  balance url_param k
  hash-type consistent
${lines.join("\n")}
`;
});
await using haproxy = await startHaproxy(listens.join(""), { ports: haproxyPorts });
if (nginx === haproxy) throw new Error("two servers");
console.log("| | most / least loaded | moved when one goes | of these needlessly |");
console.log("| --- | --- | --- | --- |");
const nginxOwners = [await ownersAt(nginxAll, keys), await ownersAt(nginxLess, keys)] as const;
console.log(said("nginx, `hash … consistent`", ...nginxOwners));
for (const [at, weight] of HAPROXY_WEIGHTS.entries()) {
  const [all = 0, less = 0] = haproxyPorts.slice(2 * at);
  const owners = [await ownersAt(all, keys), await ownersAt(less, keys)] as const;
  console.log(said(`HAProxy, \`hash-type consistent\`, weight ${weight}`, ...owners));
}
console.log(said("Sluice, `hash`", ownOwners(ports, keys), ownOwners(ports.slice(0, -1), keys)));
