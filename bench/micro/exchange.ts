// What one exchange without a script costs in our own code: 64 clients and their peers on sockets
// whose handles are stubs, so that no system call and no neighbour on the machine is in the figure.
// Prints µs for each exchange, the least of some rounds, and bytes allocated.
// Run: node bench/micro/exchange.ts [small|browser] [rounds] [off|json]

import { getHeapStatistics } from "node:v8";
import { Deadlines } from "../../src/base/clock.ts";
import { ReadTap } from "../../src/base/read-tap.ts";
import { ClientConnection } from "../../src/downstream/connection.ts";
import type { ConnectionOptions } from "../../src/downstream/connection-owner.ts";
import { Forwarder, TrustedProxies } from "../../src/downstream/forwarded.ts";
import { Holders } from "../../src/downstream/holders.ts";
import { DownstreamServer } from "../../src/downstream/server.ts";
import { NO_FETCHES } from "../../src/fetch/fetcher.ts";
import { Finished } from "../../src/fleet/worker/finished.ts";
import { CODEC_LIMITS } from "../../src/http1/limits.ts";
import { Metrics } from "../../src/observe/metrics.ts";
import { Tail } from "../../src/observe/tail.ts";
import { TenantMeter } from "../../src/observe/tenant-meter.ts";
import { UpstreamGroup } from "../../src/upstream/groups.ts";
import { Http1Connection } from "../../src/upstream/http1-connection.ts";
import { UPSTREAM_LIMITS } from "../../src/upstream/limits.ts";
import { Names } from "../../src/upstream/names.ts";
import { toPeer } from "../../src/upstream/peer.ts";
import { Pool } from "../../src/upstream/pool.ts";
import { TlsSessions } from "../../src/upstream/tls-sessions.ts";
import type {
  Borrower,
  Borrowing,
  ConnectionFacts,
  LentExchange,
  Peer,
  Transport,
} from "../../src/upstream/transport.ts";
import { HEADS, isHeadName } from "../heads.ts";
import { StubHandle, socketOf } from "./stub-socket.ts";

const CONNECTIONS = 64;
const EXCHANGES = 40_000;
const [head = "small", rounds = "25", access = "off"] = process.argv.slice(2);
if (!isHeadName(head)) throw new Error(`Cannot run: expected small or browser, got ${head}`);

const REQUEST = Buffer.from(
  ["GET / HTTP/1.1", "Host: 127.0.0.1:8080", ...HEADS[head], "", ""].join("\r\n"),
);

/** As nginx answers. */
const RESPONSE = Buffer.from(
  "HTTP/1.1 200 OK\r\nServer: nginx/1.22.1\r\nDate: Sun, 22 Nov 2026 21:00:00 GMT\r\n" +
    "Content-Type: text/plain\r\nContent-Length: 20\r\nConnection: keep-alive\r\n\r\n" +
    "hello from origin 1\n",
);

class StubTransport implements Transport {
  /** Handles of the connections that were borrowed: those that await an answer. */
  readonly busy: StubHandle[] = [];
  readonly #handles = new Map<ConnectionFacts, StubHandle>();
  readonly #surroundings;

  constructor(deadlines: Deadlines) {
    this.#surroundings = {
      pool: new Pool(UPSTREAM_LIMITS),
      deadlines,
      limits: UPSTREAM_LIMITS,
      names: new Names({ limits: UPSTREAM_LIMITS, lookup: undefined }),
      sessions: new TlsSessions(UPSTREAM_LIMITS),
    };
  }

  borrow(peer: Peer, borrower: Borrower): Borrowing {
    return this.#lend(this.#surroundings.pool.take(peer) ?? this.#connect(peer), borrower);
  }

  open(peer: Peer, borrower: Borrower): Borrowing {
    return this.#lend(this.#connect(peer), borrower);
  }

  #lend(lent: LentExchange, borrower: Borrower): Borrowing {
    const handle = this.#handles.get(lent.facts);
    if (handle !== undefined) this.busy.push(handle);
    borrower.onLent(lent);
    return NOTHING_TO_CANCEL;
  }

  #connect(peer: Peer): LentExchange {
    const tap = new ReadTap();
    const handle = new StubHandle();
    const facts = { peer, local: "127.0.0.1:1", tls: false, connectMs: 1 };
    const connection = new Http1Connection(socketOf(handle, tap), facts, this.#surroundings);
    tap.receiver = connection;
    this.#handles.set(facts, handle);
    return this.#surroundings.pool.takeNew(connection, null);
  }
}

const NOTHING_TO_CANCEL = { cancel: () => {} };

function makeServer(transport: StubTransport, deadlines: Deadlines): DownstreamServer {
  const metrics = new Metrics();
  const peer = toPeer("127.0.0.1:9001");
  if (peer === null) throw new Error("no peer");
  const group = new UpstreamGroup("origin", [{ peer, weight: 1 }]);
  const tenant = {
    name: "bench",
    meter: new TenantMeter(metrics, "bench"),
    groups: new Map([["origin", group]]),
    defaultGroup: group,
    maxRetries: 1,
    upgrades: new Set<string>(),
    abortsOnHalfClose: false,
    isSuspended: false,
    policy: null,
    bufferedBodyBytes: 1e6,
    egress: null,
    fetches: NO_FETCHES,
    deployment: null,
    versions: null,
    holders: new Holders(),
    retire: () => {},
  };
  const finished = new Finished({
    metrics,
    access: isAccess(access) ? access : "off",
    write: (line) => void line,
    tail: new Tail(() => {}),
  });
  return new DownstreamServer({
    context: {
      route: () => tenant,
      transport,
      bodyBytesMax: 1e9,
      bodyIdleMs: 30_000,
      logged: (exchange) => finished.exchange(exchange),
      refused: (refusal) => finished.refused(refusal),
    },
    connection: options(deadlines),
    forwarder: new Forwarder(new TrustedProxies([]), "sluice-bench"),
    connections: { max: 1_000, name: "limits.connections" },
  });
}

const isAccess = (name: string): name is "json" => name === "json";

const options = (deadlines: Deadlines): ConnectionOptions => ({
  deadlines,
  codec: CODEC_LIMITS,
  headMs: 10_000,
  bodyBytesPerSecond: 0,
  keepAliveMs: 60_000,
  clientWriteMs: 30_000,
});

interface Round {
  readonly micros: number;
  readonly bytes: number;
}

/** As under load: all clients that have something are read, then all peers that have. */
async function round(clients: readonly StubHandle[], transport: StubTransport): Promise<Round> {
  const allocated = getHeapStatistics().total_allocated_bytes;
  const cpu = process.threadCpuUsage();
  for (let done = 0; done < EXCHANGES; done += clients.length) {
    for (const client of clients) client.receive(REQUEST);
    await nextPass();
    for (const peer of transport.busy.splice(0)) peer.receive(RESPONSE);
    await nextPass();
  }
  const { user, system } = process.threadCpuUsage(cpu);
  const bytes = getHeapStatistics().total_allocated_bytes - allocated;
  return { micros: (user + system) / EXCHANGES, bytes: bytes / EXCHANGES };
}

const nextPass = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

async function main(): Promise<void> {
  using deadlines = new Deadlines();
  const transport = new StubTransport(deadlines);
  const server = makeServer(transport, deadlines);
  const clients = Array.from({ length: CONNECTIONS }, () => new StubHandle());
  for (const client of clients) new ClientConnection(socketOf(client), server, options(deadlines));
  const done: Round[] = [];
  for (let index = 0; index < Number(rounds); index++) done.push(await round(clients, transport));
  const micros = done.map((each) => each.micros).toSorted((a, b) => a - b);
  const [least, middle] = [micros[0], micros[micros.length >> 1]].map((each) => each?.toFixed(2));
  const written = new Set(clients.map((client) => client.written / client.received));
  const bytes = done.at(-1)?.bytes.toFixed(0);
  console.log(`${head}: ${least} µs (median ${middle}), ${bytes} bytes allocated`);
  console.log(`bytes of each answer: ${[...written].join(" ")}`);
  process.exit(0);
}

await main();
