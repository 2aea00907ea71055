// The owner of requests that belong to no tenant: they are counted and held like those of one.

import { NO_FETCHES } from "../fetch/fetcher.ts";
import { Holders } from "./holders.ts";
import type { Tenant } from "./serve-context.ts";

export const NOBODY: Tenant = {
  id: "",
  name: "",
  clients: null,
  groups: new Map(),
  defaultGroup: null,
  maxRetries: 0,
  requestsMax: 0,
  compression: null,
  upgrades: new Set(),
  abortsOnHalfClose: false,
  isSuspended: false,
  meter: null,
  policy: null,
  bufferedBodyBytes: 0,
  egress: null,
  fetches: NO_FETCHES,
  deployment: null,
  versions: null,
  holders: new Holders(),
  retire: () => undefined,
};
