// Exchanges whose clients and peers are sockets with stubs for handles: no kernel is behind them,
// so that what is counted is our code's and Node's own doing. For the bench beside it, and for the
// test that holds the counts (test/downstream/exchange-counts.test.ts).

import { getHeapStatistics } from "node:v8";
import type { Deadlines } from "../../src/base/clock.ts";
import { beginYoung } from "../../src/base/pretenuring.ts";
import { ClientSocket } from "../../src/downstream/client-socket.ts";
import { ClientConnection } from "../../src/downstream/connection.ts";
import type { ConnectionOptions } from "../../src/downstream/connection-owner.ts";
import { Forwarder, TrustedProxies } from "../../src/downstream/forwarded.ts";
import { Holders } from "../../src/downstream/holders.ts";
import { Http2Connection } from "../../src/downstream/http2/connection.ts";
import { ANY } from "../../src/downstream/overload.ts";
import { DownstreamServer } from "../../src/downstream/server.ts";
import { NO_TLS } from "../../src/downstream/tls/front.ts";
import { NO_FETCHES } from "../../src/fetch/fetcher.ts";
import { Finished } from "../../src/fleet/worker/finished.ts";
import { CODEC_LIMITS } from "../../src/http1/limits.ts";
import { KeptRequests } from "../../src/observe/kept-requests.ts";
import { Metrics } from "../../src/observe/metrics.ts";
import { Tail } from "../../src/observe/tail.ts";
import { TenantMeter } from "../../src/observe/tenant-meter.ts";
import type { Deployment } from "../../src/phases/deployment.ts";
import { fixedGroup } from "../../src/upstream/group/fixed.ts";
import { toPeer } from "../../src/upstream/peer.ts";
import type { HeadName } from "../heads.ts";
import { http1Requests, http2Requests, type Requests } from "./stub-client.ts";
import { StubHandle, socketOf } from "./stub-socket.ts";
import { StubTransport } from "./stub-transport.ts";

const responseWith = (line: string): Buffer =>
  Buffer.from(
    "HTTP/1.1 200 OK\r\nServer: nginx/1.22.1\r\nDate: Sun, 22 Nov 2026 21:00:00 GMT\r\n" +
      `${line}Content-Type: text/plain\r\nContent-Length: 20\r\nConnection: keep-alive\r\n\r\n` +
      "hello from origin 1\n",
  );

/** As nginx answers. */
const RESPONSE = responseWith("");
const TAGGED = responseWith('ETag: "0000000"\r\n');
const TAG_END = TAGGED.indexOf('0"');

/** Not the one before. */
function nextTagged(): Buffer {
  let at = TAG_END;
  for (; TAGGED[at] === NINE; at--) TAGGED[at] = ZERO;
  TAGGED[at] = (TAGGED[at] ?? ZERO) + 1;
  return TAGGED;
}

const ZERO = 48;
const NINE = 57;

interface Parts extends Pick<ExchangeOptions, "deployment" | "around" | "access" | "isTimed"> {
  readonly deadlines: Deadlines;
}

function makeServer(transport: StubTransport, parts: Parts): DownstreamServer {
  const { deadlines, deployment, around = null, access, isTimed } = parts;
  const metrics = new Metrics();
  const peer = toPeer("127.0.0.1:9001");
  if (peer === null) throw new Error("no peer");
  const group = fixedGroup("origin", [{ peer, weight: 1 }]);
  const tenant = {
    id: "bench",
    name: "bench",
    clients: null,
    meter: new TenantMeter(metrics, "bench"),
    groups: new Map([["origin", group]]),
    defaultGroup: group,
    ...{ requestsMax: 1_000_000, compression: null },
    maxRetries: 1,
    upgrades: new Set<string>(),
    abortsOnHalfClose: false,
    isSuspended: false,
    policy: null,
    bufferedBodyBytes: 1e6,
    egress: null,
    fetches: NO_FETCHES,
    deployment,
    versions: null,
    holders: new Holders(),
    retire: () => {},
  };
  const finished = new Finished({
    ...{ metrics, tail: new Tail(() => {}), kept: new KeptRequests() },
    log: { level: "info", access, keep: isTimed ? 50 : 0, slowMs: 1_000 },
    exported: null,
    write: (line) => void line,
  });
  return new DownstreamServer({
    context: {
      route: () => tenant,
      around: around === null ? [] : [{ ...tenant, id: "operator", deployment: around }],
      transport,
      bodyBytesMax: 1e9,
      bodyIdleMs: 30_000,
      isTimed,
      logged: (exchange) => finished.exchange(exchange),
      refused: (refusal) => finished.refused(refusal),
    },
    connection: options(deadlines),
    forwarder: new Forwarder(new TrustedProxies([]), "sluice-bench"),
    connections: { max: 1_000, name: "limits.connections" },
    ...{ http2: () => false, isProxied: () => false, connectionsPerAddress: 0 },
    ...{ overload: ANY, overloaded: () => undefined, dropped: () => undefined },
    tls: NO_TLS,
  });
}

const options = (deadlines: Deadlines): ConnectionOptions => ({
  deadlines,
  codec: CODEC_LIMITS,
  headMs: 10_000,
  bodyBytesPerSecond: 0,
  keepAliveMs: 60_000,
  clientWriteMs: 30_000,
  responseBytesPerSecond: 0,
});

/** What one exchange cost, on average. */
export interface Cost {
  readonly micros: number;
  readonly bytes: number;
  /** On the handles of the client and the peer. */
  readonly calls: number;
  readonly passes: number;
}

export interface ExchangeOptions {
  readonly clients: number;
  readonly head: HeadName;
  /** Null: no script. */
  readonly deployment: Deployment | null;
  /** Of the operator's layer. Left out: there is none. */
  readonly around?: Deployment | null;
  readonly access: "off" | "json";
  /** As `log.keep` has it by default. */
  readonly isTimed: boolean;
  /** Answers of the script come from another process: it is waited for, not asked in each pass. */
  readonly isElsewhere?: boolean;
  /** Requests of a client at once, on HTTP/2; 0 or left out: one, on HTTP/1.1. */
  readonly streams?: number;
  /** Each response has a tag of its own; left out: they are the same, as within a second. */
  readonly isTagged?: boolean;
}

export class ExchangeStand {
  readonly clients: readonly StubHandle[];
  readonly #transport: StubTransport;
  readonly #server: DownstreamServer;
  readonly #requests: readonly Requests[];
  readonly #streams: number;
  readonly #isTagged: boolean;
  readonly #nextPass: () => Promise<void>;

  constructor(deadlines: Deadlines, { clients, head, streams = 0, ...rest }: ExchangeOptions) {
    beginYoung(); // as in a worker
    this.#nextPass = rest.isElsewhere === true ? aMillisecond : nextPass;
    this.#transport = new StubTransport(deadlines);
    this.#server = makeServer(this.#transport, { deadlines, ...rest });
    this.#streams = streams;
    this.#isTagged = rest.isTagged === true;
    this.clients = Array.from({ length: clients }, () => new StubHandle());
    this.#requests = this.clients.map(() =>
      streams === 0 ? http1Requests(head) : http2Requests(head, streams),
    );
    const Connection = streams === 0 ? ClientConnection : Http2Connection;
    for (const [i, client] of this.clients.entries()) {
      const sender = new ClientSocket({ socket: socketOf(client), secure: null });
      new Connection(sender, this.#server.clients, options(deadlines));
      const begin = this.#requests[i]?.begin ?? null;
      if (begin !== null) client.receive(begin);
    }
  }

  /** As under load: all clients that have something are read, then all peers that have. */
  async round(exchanges: number): Promise<Cost> {
    let passes = 0;
    const before = this.#calls();
    const allocated = getHeapStatistics().total_allocated_bytes;
    const cpu = process.threadCpuUsage();
    const together = this.clients.length * Math.max(1, this.#streams);
    for (let done = 0; done < exchanges; done += together) {
      const written = this.#writes() + this.clients.length;
      for (const [i, client] of this.clients.entries()) {
        client.receive(this.#requests[i]?.next() ?? NO_BYTES);
      }
      do {
        await this.#nextPass();
        passes++;
        for (const peer of this.#transport.busy.splice(0)) {
          peer.receive(this.#isTagged ? nextTagged() : RESPONSE);
        }
      } while (this.#server.requests > 0 || this.#writes() < written);
    }
    const { user, system } = process.threadCpuUsage(cpu);
    const bytes = getHeapStatistics().total_allocated_bytes - allocated;
    return {
      micros: (user + system) / exchanges,
      bytes: bytes / exchanges,
      calls: (this.#calls() - before) / exchanges,
      passes: passes / (exchanges / together),
    };
  }

  /** To clients. */
  #writes(): number {
    return this.clients.reduce((sum, { writes }) => sum + writes, 0);
  }

  #calls(): number {
    const handles = [...this.clients, ...this.#transport.handles];
    return handles.reduce((sum, { calls }) => sum + calls, 0);
  }
}

const NO_BYTES = Buffer.alloc(0);

const aMillisecond = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 1));

const nextPass = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
