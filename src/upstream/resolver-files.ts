// Reads what this machine knows of names and of how to ask for them: /etc/hosts and resolv.conf,
// again when they have changed. It asks nobody.

import { readFileSync, statSync } from "node:fs";
import { isIP } from "node:net";
import { LIMITS } from "../base/limits.ts";

export interface ResolverPaths {
  readonly hosts: string;
  readonly resolvConf: string;
}

const PATHS: ResolverPaths = { hosts: "/etc/hosts", resolvConf: "/etc/resolv.conf" };

export class ResolverFiles {
  readonly #hosts: ParsedFile<ReadonlyMap<string, readonly string[]>>;
  readonly #resolvConf: ParsedFile<Search>;

  constructor({ hosts, resolvConf }: ResolverPaths = PATHS) {
    this.#hosts = new ParsedFile(hosts, parseHosts);
    this.#resolvConf = new ParsedFile(resolvConf, parseSearch);
  }

  /** Another one when resolv.conf has changed. */
  get stamp(): string {
    return this.#resolvConf.stamp;
  }

  /** What /etc/hosts has for the name; `localhost` is this machine, whatever it has (RFC 6761). */
  addressesOf(name: string): readonly string[] {
    const found = this.#hosts.parsed.get(name);
    if (found !== undefined) return found;
    return name === "localhost" || name.endsWith(".localhost") ? LOOPBACK : [];
  }

  /** The names to ask for, in their order: with the search domains, as resolv.conf(5) has it. */
  candidatesFor(name: string): readonly string[] {
    if (name.endsWith(".")) return [name.slice(0, -1)];
    const { domains, dots } = this.#resolvConf.parsed;
    const suffixed = domains.map((domain) => `${name}.${domain}`);
    return name.split(".").length > dots ? [name, ...suffixed] : [...suffixed, name];
  }
}

const LOOPBACK: readonly string[] = ["127.0.0.1", "::1"];

class ParsedFile<T> {
  readonly #path: string;
  readonly #parse: (text: string) => T;
  #stamp = "";
  #parsed: T;

  constructor(path: string, parse: (text: string) => T) {
    this.#path = path;
    this.#parse = parse;
    this.#parsed = parse("");
  }

  get stamp(): string {
    this.#read();
    return this.#stamp;
  }

  get parsed(): T {
    this.#read();
    return this.#parsed;
  }

  #read(): void {
    const stat = statSync(this.#path, { throwIfNoEntry: false });
    const isThere = stat?.isFile() === true && stat.size <= LIMITS.resolverFileBytes;
    const stamp = isThere ? `${stat.ino} ${stat.mtimeMs} ${stat.size}` : "";
    if (stamp === this.#stamp) return;
    this.#stamp = stamp;
    this.#parsed = this.#parse(isThere ? readFileSync(this.#path, "latin1") : "");
  }
}

/** `127.0.0.1  localhost  www.example.com  # comment`, a line each. */
function parseHosts(text: string): ReadonlyMap<string, readonly string[]> {
  const hosts = new Map<string, string[]>();
  for (const [address = "", ...names] of wordsOf(text)) {
    if (isIP(address) === 0) continue;
    for (const name of names) {
      const key = name.toLowerCase();
      const addresses = hosts.get(key);
      if (addresses === undefined) hosts.set(key, [address]);
      else addresses.push(address);
    }
  }
  return hosts;
}

interface Search {
  readonly domains: readonly string[];
  /** A name with as many dots is tried as it is first. */
  readonly dots: number;
}

/** `search a.example b.example`, `domain a.example`, `options ndots:5`: the last of each counts. */
function parseSearch(text: string): Search {
  let domains: readonly string[] = [];
  let dots = 1;
  for (const [keyword, ...words] of wordsOf(text)) {
    if (keyword === "search" || keyword === "domain") domains = words.map(withoutDot);
    if (keyword !== "options") continue;
    for (const word of words) {
      const number = /^ndots:(\d{1,2})$/.exec(word)?.[1];
      if (number !== undefined) dots = Math.min(Number(number), DOTS_MAX);
    }
  }
  return { domains: domains.filter((domain) => domain !== "").slice(0, DOMAINS_MAX), dots };
}

/** As resolv.conf(5) caps them; of domains newer systems take more, and nobody has them. */
const DOTS_MAX = 15;
const DOMAINS_MAX = 6;

const withoutDot = (domain: string): string => domain.replace(/\.$/, "");

function wordsOf(text: string): string[][] {
  const lines = text.split("\n").map((line) => line.replace(/[#;].*$/, "").trim());
  return lines.filter((line) => line !== "").map((line) => line.split(/\s+/));
}
