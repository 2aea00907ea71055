// Asks the name servers for names that scripts choose, by c-ares, which waits in the event loop
// and not in a thread. It also does what getaddrinfo does besides (hosts file, search domains),
// but not what other sources in nsswitch.conf would (mDNS, LDAP).

import { NODATA, NOTFOUND, Resolver } from "node:dns";
import { isIP } from "node:net";
import type { UpstreamLimits } from "./limits.ts";
import type { Lookup } from "./name-table.ts";
import { ResolverFiles, type ResolverPaths } from "./resolver-files.ts";

export interface NameServersOptions {
  /** In place of those that resolv.conf names: `127.0.0.1:5353`. */
  readonly servers?: readonly string[];
  readonly paths?: ResolverPaths;
  /** Gives up what is under way. */
  readonly signal?: AbortSignal;
}

export function askNameServers(limits: UpstreamLimits, options: NameServersOptions = {}): Lookup {
  const asking = new NameServers(limits, options);
  return (name, done) => {
    asking.find(name).then(
      (addresses) => done(null, addresses),
      (error) => done(error instanceof Error ? error : new Error("no address"), []),
    );
  };
}

/** What one family's question has come to. Null: the servers failed, and said nothing of it. */
export type FamilyAnswer = readonly TimedAddress[] | null;

export interface TimedAddress {
  readonly address: string;
  /** How long it is to be used, in seconds. */
  readonly ttl: number;
}

export class NameServers {
  readonly #limits: UpstreamLimits;
  readonly #servers: readonly string[] | null;
  readonly #files: ResolverFiles;
  #resolver: Resolver | null = null;
  /** The state of resolv.conf that the resolver has read. */
  #stamp = "";

  constructor(limits: UpstreamLimits, { servers, paths, signal }: NameServersOptions) {
    this.#limits = limits;
    this.#servers = servers ?? null;
    signal?.addEventListener("abort", () => this.#resolver?.cancel());
    this.#files = new ResolverFiles(paths);
  }

  async find(name: string): Promise<readonly string[]> {
    const here = this.#files.addressesOf(name);
    if (here.length > 0) return here;
    const resolver = this.#current();
    let failure: Error | null = null;
    for (const candidate of this.#files.candidatesFor(name)) {
      const found = await this.#ask(resolver, candidate);
      if (found.addresses.length > 0) return found.addresses;
      failure = found.failure;
      // Servers that fail have said nothing of the name: with another suffix they would fail again.
      if (!isAbsent(failure)) break;
    }
    throw failure ?? new Error("no address");
  }

  /** All addresses, IPv4 first, each family with what was said of it. */
  async findAll(name: string): Promise<readonly [FamilyAnswer, FamilyAnswer]> {
    const here = this.#files.addressesOf(name);
    if (here.length > 0) return ofFiles(here, this.#limits.nameTtlMs / 1_000);
    const resolver = this.#current();
    let found: readonly [FamilyAnswer, FamilyAnswer] = [[], []];
    for (const candidate of this.#files.candidatesFor(name)) {
      found = await Promise.all([
        timed((told) => resolver.resolve4(candidate, { ttl: true }, told)),
        timed((told) => resolver.resolve6(candidate, { ttl: true }, told)),
      ]);
      if (found.some((family) => family === null || family.length > 0)) break;
    }
    return found;
  }

  /** Gives up what is under way. */
  cancel(): void {
    this.#resolver?.cancel();
  }

  /** Both families at once; the second is not waited for long once there are addresses. */
  #ask(resolver: Resolver, name: string): Promise<Found> {
    return new Promise((done) => {
      const addresses: string[] = [];
      let failure: Error | null = null;
      let timer: NodeJS.Timeout | undefined;
      let open = 2;
      const finish = (): void => {
        clearTimeout(timer);
        done({ addresses: [...addresses], failure });
      };
      const told = (error: Error | null, found: readonly string[] = []): void => {
        addresses.push(...found);
        if (failure === null || isAbsent(failure)) failure = error ?? failure;
        open--;
        if (open === 0) finish();
        else if (found.length > 0) timer = setTimeout(finish, this.#limits.secondFamilyMs);
      };
      resolver.resolve4(name, told);
      resolver.resolve6(name, told);
    });
  }

  #current(): Resolver {
    const { stamp } = this.#files;
    if (this.#resolver !== null && stamp === this.#stamp) return this.#resolver;
    const { nameServerMs: timeout, nameServerTries: tries } = this.#limits;
    this.#resolver = new Resolver({ timeout, tries });
    this.#stamp = stamp;
    if (this.#servers !== null) this.#resolver.setServers(this.#servers);
    return this.#resolver;
  }
}

interface Found {
  readonly addresses: readonly string[];
  readonly failure: Error | null;
}

type Told = (error: NodeJS.ErrnoException | null, found: readonly TimedAddress[]) => void;

const timed = (ask: (told: Told) => void): Promise<FamilyAnswer> =>
  new Promise((resolve) => {
    ask((error, found) => resolve(error === null ? found : isAbsent(error) ? [] : null));
  });

/** Files say of no address how long it holds. */
function ofFiles(addresses: readonly string[], ttl: number): readonly [FamilyAnswer, FamilyAnswer] {
  const of = (family: number): TimedAddress[] =>
    addresses.filter((one) => isIP(one) === family).map((address) => ({ address, ttl }));
  return [of(4), of(6)];
}

/** Whether it says that there is no such name, or none with such addresses. */
const isAbsent = (error: NodeJS.ErrnoException | null): boolean =>
  error !== null && (error.code === NOTFOUND || error.code === NODATA);
