// What the proxy is started with, beyond its configuration.

import type { Writable } from "node:stream";
import { loadConfig } from "../../base/config/load.ts";
import type { Config } from "../../base/config/types.ts";

export interface ServeOptions {
  /** Path of the configuration. */
  readonly config: string;
  /** Overrides the configuration. */
  readonly workers?: number;
  /** Reload when the configuration or a source of a script changes. */
  readonly watch?: boolean;
  /** What is made of each configuration that was read. */
  readonly adjust?: (config: Config) => Config;
  /** Where the log goes; default: standard output. */
  readonly output?: Writable;
}

/** Throws a ConfigError. */
export function readConfig({ config, adjust }: ServeOptions): Config {
  const read = loadConfig(config);
  return adjust === undefined ? read : adjust(read);
}
