// What one upstream request costs: 64 connections, each sending its next GET when the last response
// is over, to an nginx on this machine. Prints requests a second and µs of CPU for each, for our
// own transport, for undici, and for the floor: sockets that write a constant and parse nothing.
// Measured on a shared core: floor 9.2 µs (user 1.6; through `data` events rather than `onread`
// 2.1), ours 14.1 (user 5.6), undici 38 (user 28).
// Run: node bench/micro/upstream.ts [sluice|undici|floor] [seconds]

import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Deadlines } from "../../src/base/clock.ts";
import type { SluiceError } from "../../src/base/errors.ts";
import { NOTHING_STATED } from "../../src/http1/messages.ts";
import { toPeer } from "../../src/upstream/peer.ts";
import type {
  Borrower,
  LentExchange,
  Peer,
  ResponseSink,
  Transport,
} from "../../src/upstream/transport.ts";
import { createTransport } from "../../src/upstream/transports.ts";

const CONNECTIONS = 64;
const WARM_UP_MS = 1_000;
const [only, seconds = "3"] = process.argv.slice(2);
const RUN_MS = Number(seconds) * 1_000;

const REQUEST = {
  method: "GET",
  target: "/some/path?x=1",
  headers:
    "Host: a.example\r\nUser-Agent: bench\r\nAccept: */*\r\nx-request-id: 0123456789abcdef\r\n",
  contentLength: 0,
  statedLength: NOTHING_STATED,
  hasBody: false,
  acceptsTrailers: false,
  mayLogIn: false,
  clientHeaders: "",
  upgrade: "",
} as const;

let requests = 0;
let isOver = false;

/** Sends, waits for the end, borrows, sends: the way an exchange does it. */
class Loop implements Borrower, ResponseSink {
  readonly #transport: Transport;
  readonly #peer: Peer;
  readonly #ended: () => void;

  constructor(transport: Transport, peer: Peer, ended: () => void) {
    this.#transport = transport;
    this.#peer = peer;
    this.#ended = ended;
  }

  next = (): void => {
    if (isOver) this.#ended();
    else this.#transport.borrow(this.#peer, this);
  };

  onLent(lent: LentExchange): void {
    lent.send(REQUEST, this);
  }

  onConnectFailed(error: SluiceError): void {
    throw error;
  }

  onHead(_response: unknown, _first: unknown, isComplete: boolean): void {
    if (isComplete) this.onEnd();
  }

  onEnd(): void {
    requests++;
    // As a proxy does: the client's next request comes in a later pass of the loop.
    setImmediate(this.next);
  }

  onData(): boolean {
    return true;
  }

  onError(error: SluiceError): void {
    throw error;
  }

  onInformational(): void {}

  onDrain(): void {}
}

async function runTransport(kind: Peer["transport"], port: number): Promise<void> {
  using deadlines = new Deadlines();
  const transport = createTransport({ deadlines });
  const peer = toPeer(`127.0.0.1:${port}`, { transport: kind });
  if (peer === null) throw new Error("no peer");
  await measure(kind, (ended) => new Loop(transport, peer, ended).next());
  transport.destroyAll();
}

async function runFloor(port: number): Promise<void> {
  const text = `GET ${REQUEST.target} HTTP/1.1\r\n${REQUEST.headers}\r\n`;
  const buffer = Buffer.allocUnsafe(65_536);
  await measure("floor", (ended) => {
    const next = (): void => {
      if (isOver) {
        socket.destroy();
        ended();
      } else socket.write(text, "latin1");
    };
    const callback = (): boolean => {
      requests++;
      setImmediate(next);
      return true;
    };
    const socket = connect({
      port,
      host: "127.0.0.1",
      noDelay: true,
      onread: { buffer, callback },
    });
    next();
  });
}

async function measure(name: string, start: (ended: () => void) => void): Promise<void> {
  isOver = false;
  const loops = Array.from({ length: CONNECTIONS }, () => new Promise<void>(start));
  await elapse(WARM_UP_MS);
  requests = 0;
  const cpu = process.cpuUsage();
  const startMs = performance.now();
  await elapse(RUN_MS);
  const { user, system } = process.cpuUsage(cpu);
  const rate = (requests * 1_000) / (performance.now() - startMs);
  const [all, js] = [user + system, user].map((us) => (us / requests).toFixed(2));
  console.log(
    `${name.padEnd(8)} ${rate.toFixed(0).padStart(7)} requests/s`,
    `${all} µs (user ${js})`,
  );
  isOver = true;
  await Promise.all(loops);
}

const elapse = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() =>
        resolve(typeof address === "object" && address !== null ? address.port : 0),
      );
    });
  });
}

const folder = mkdtempSync(join(tmpdir(), "sluice-bench-"));
const port = await freePort();
writeFileSync(
  join(folder, "nginx.conf"),
  `daemon off; worker_processes 1; pid ${folder}/pid; error_log stderr error;
  events { worker_connections 1024; }
  http {
    access_log off; keepalive_requests 1000000000; keepalive_timeout 1h;
    client_body_temp_path ${folder}/body; proxy_temp_path ${folder}/proxy;
    fastcgi_temp_path ${folder}/fastcgi; uwsgi_temp_path ${folder}/uwsgi;
    scgi_temp_path ${folder}/scgi;
    server { listen 127.0.0.1:${port}; location / { return 200 "hello from origin 1\\n"; } }
  }`,
);
const nginx = spawn("nginx", ["-c", join(folder, "nginx.conf")], { stdio: "inherit" });
await elapse(300);
try {
  if (only === undefined || only === "floor") await runFloor(port);
  if (only === undefined || only === "sluice") await runTransport("sluice", port);
  if (only === undefined || only === "undici") await runTransport("undici", port);
} finally {
  nginx.kill();
  await once(nginx, "exit");
  rmSync(folder, { recursive: true, force: true });
}
