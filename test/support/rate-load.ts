// So many requests with one key over so many connections, and how they were answered.

import { Agent, request } from "node:http";

export interface RateLoadOptions {
  readonly connections: number;
  readonly key: string;
  readonly host?: string;
}

export class RateLoad implements Disposable {
  /** How many answers had which status. */
  readonly statuses: Record<number, number> = {};
  readonly bodies = new Set<string>();
  readonly #agent: Agent;
  readonly #options;

  constructor(port: number, { connections, key, host = "demo.example" }: RateLoadOptions) {
    this.#agent = new Agent({ keepAlive: true, maxSockets: connections });
    const headers = { host, "x-key": key };
    this.#options = { host: "127.0.0.1", port, agent: this.#agent, headers };
  }

  async run(requests: number): Promise<void> {
    await Promise.all(Array.from({ length: requests }, () => this.#ask()));
  }

  #ask(): Promise<void> {
    return new Promise((resolve, reject) => {
      const asked = request(this.#options, (response) => {
        const status = response.statusCode ?? 0;
        this.statuses[status] = (this.statuses[status] ?? 0) + 1;
        response.setEncoding("utf8").on("data", (text: string) => this.bodies.add(text));
        response.on("end", resolve);
      });
      // a connection that closes between two requests: the next one has another
      asked.on("error", (error) => {
        if (asked.reusedSocket) this.#ask().then(resolve, reject);
        else reject(error);
      });
      asked.end();
    });
  }

  [Symbol.dispose](): void {
    this.#agent.destroy();
  }
}
