// What the tests of the near side stand on: one proxy process, and behind it one raw origin that
// records every byte. One for each test file, given back when its tests are over.

import { after } from "node:test";
import { oneTenant, TestProxy } from "./proxy.ts";
import { RawOrigin } from "./raw-origin.ts";

export interface NearSide {
  readonly origin: RawOrigin;
  readonly proxy: TestProxy;
}

export interface NearSideOptions {
  /** Over the whole configuration: `{ timeouts: { headMs: 100 } }`. */
  readonly config?: Readonly<Record<string, unknown>>;
  /** Over the only tenant's. */
  readonly tenant?: Readonly<Record<string, unknown>>;
  /** Over its default group of peers. */
  readonly upstream?: Readonly<Record<string, unknown>>;
  /** Further groups, by name. */
  readonly groups?: Readonly<Record<string, unknown>>;
  /** Further tenants, by name, with the default group of peers of the first. */
  readonly others?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  readonly files?: Readonly<Record<string, string>>;
}

export async function nearSide(options: NearSideOptions = {}): Promise<NearSide> {
  const origin = await RawOrigin.start();
  after(() => origin[Symbol.asyncDispose]());
  const group = { peers: [origin.address], ...options.upstream };
  const others = Object.entries(options.others ?? {}).map(
    ([name, rest]) => [name, { upstreams: { main: group }, ...rest }] as const,
  );
  const config = oneTenant({ main: group, ...options.groups }, options.tenant);
  const tenants = { ...Object(config.tenants), ...Object.fromEntries(others) };
  const proxy = await TestProxy.start({
    config: { ...config, tenants, ...options.config },
    ...(options.files === undefined ? {} : { files: options.files }),
  });
  after(() => proxy[Symbol.asyncDispose]());
  return { origin, proxy };
}
