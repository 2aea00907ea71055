// The origins of bench/faults.ts: processes, each on a loopback address of its own, that can be
// killed, stopped and told how to answer.

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { connect } from "node:net";
import { join } from "node:path";

const PROGRAM = join(import.meta.dirname, "servers/faulty.ts");

export class FaultyOrigin {
  readonly host: string;
  readonly #port: number;
  #child: ChildProcess | null = null;

  constructor(host: string, port: number) {
    this.host = host;
    this.#port = port;
  }

  start(): void {
    const args = [PROGRAM, this.host, String(this.#port)];
    this.#child = spawn(process.execPath, args, { stdio: ["pipe", "inherit", "inherit"] });
  }

  /** It accepts connections. */
  async ready(): Promise<void> {
    for (;;) {
      const socket = connect(this.#port, this.host);
      const isOpen = await once(socket, "connect").then(
        () => true,
        () => false,
      );
      socket.destroy();
      if (isOpen) return;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  tell(word: string): void {
    this.#child?.stdin?.write(`${word}\n`);
  }

  signal(name: NodeJS.Signals): void {
    this.#child?.kill(name);
  }

  async kill(): Promise<void> {
    const child = this.#child;
    if (child === null || child.exitCode !== null || child.signalCode !== null) return;
    child.kill("SIGKILL");
    await once(child, "exit");
  }
}

/** What befalls the origins of one proxy, for as long as the fault lasts. */
export interface Fault {
  readonly name: string;
  begin(origins: readonly FaultyOrigin[]): void | Promise<void>;
  /** Until everything is as before. */
  end(origins: readonly FaultyOrigin[]): void | Promise<void>;
}

const told = (name: string, word: string): Fault => ({
  name,
  begin: ([first]) => first?.tell(word),
  end: ([first]) => first?.tell("sound"),
});

const killed = (name: string, count: number): Fault => ({
  name,
  begin: async (origins) => {
    await Promise.all(origins.slice(0, count).map((origin) => origin.kill()));
  },
  end: (origins) => {
    for (const origin of origins.slice(0, count)) origin.start();
  },
});

const FLAP_MS = 300;

function flapping(): Fault {
  const timers = new Map<FaultyOrigin, NodeJS.Timeout>();
  return {
    name: "flapping",
    begin: ([first]) => {
      if (first === undefined) return;
      let isDeaf = false;
      const flap = (): void => {
        isDeaf = !isDeaf;
        first.tell(isDeaf ? "deaf" : "hears");
      };
      timers.set(first, setInterval(flap, FLAP_MS));
    },
    end: ([first]) => {
      if (first === undefined) return;
      clearInterval(timers.get(first));
      first.tell("hears");
    },
  };
}

export const FAULTS: readonly Fault[] = [
  { name: "none", begin: () => undefined, end: () => undefined },
  killed("killed", 1),
  {
    name: "restarted",
    begin: async ([first]) => {
      await first?.kill();
      first?.start();
    },
    end: () => undefined,
  },
  {
    name: "stopped (SIGSTOP)",
    begin: ([first]) => first?.signal("SIGSTOP"),
    end: ([first]) => first?.signal("SIGCONT"),
  },
  told("600 ms slower", "slow"),
  told("garbage", "garbage"),
  told("reset within the body", "reset"),
  told("one byte a second", "drip"),
  flapping(),
  killed("two of three gone", 2),
  killed("all gone", 3),
];
