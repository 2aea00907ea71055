// What happens to a tenant's requests without a script, in the form that the rest of Sluice uses.
// Plain data that can be posted to a worker thread.

import type { Network } from "../address.ts";

export interface PolicyConfig {
  /** Null: http:// and https:// are the same to it. */
  readonly https: HttpsConfig | null;
  /** As in the file; which one a request gets is the route table's to say. */
  readonly routes: readonly RouteConfig[];
  readonly headers: HeadersConfig;
  /** Where an origin sends clients leads here again. */
  readonly rewriteLocation: boolean;
  /** Cookies of an origin lose their Domain. */
  readonly rewriteCookies: boolean;
  readonly access: AccessConfig;
  readonly errorPages: readonly ErrorPageConfig[];
  /** Null: clients may ask as often as they like. */
  readonly requestLimit: RequestLimitConfig | null;
}

export interface RequestLimitConfig {
  readonly requests: number;
  readonly windowMs: number;
  readonly algorithm: "fixed-window" | "sliding-window" | "token-bucket";
  /** Of a token bucket: how many at once. */
  readonly burst: number;
  readonly by: "address" | "everybody";
}

export interface HttpsConfig {
  /** Port of https:// that requests in the clear are sent to; null: they are served. */
  readonly redirectPort: number | null;
  /** Strict-Transport-Security of answers over TLS; null: none of ours. */
  readonly hsts: string | null;
}

export interface RouteConfig {
  /** As a person reads it, decoded: `/api`. */
  readonly path: string;
  /** False: for all below the path too. */
  readonly isExact: boolean;
  /** Lower case: `a.example.com` or `*.example.com`; `*`: any. */
  readonly host: string;
  /** Empty: any. */
  readonly methods: readonly string[];
  /** Name of one of the tenant's upstreams; null: as without the route. */
  readonly upstream: string | null;
  /** At most one of these two; the route then answers, and nothing is forwarded. */
  readonly redirect: RedirectConfig | null;
  readonly answer: AnswerConfig | null;
  /** What replaces the route's path in what is forwarded; null: nothing does. */
  readonly newPrefix: string | null;
  /** Null: as the group has them. */
  readonly timeouts: RouteTimeouts | null;
  /** Null: as for the tenant. */
  readonly rewriteLocation: boolean | null;
  readonly rewriteCookies: boolean | null;
  readonly headers: HeadersConfig;
  readonly access: AccessConfig;
  /** Besides the tenant's. */
  readonly requestLimit: RequestLimitConfig | null;
}

/** 0: as the group has it; of the whole request: it may take any time. */
export interface RouteTimeouts {
  readonly connectMs: number;
  readonly firstByteMs: number;
  readonly betweenBytesMs: number;
  readonly requestMs: number;
}

export interface RedirectConfig {
  readonly to: string;
  readonly status: number;
}

export interface AnswerConfig {
  readonly status: number;
  readonly body: string;
  readonly contentType: string;
  readonly headers: Readonly<Record<string, string>>;
}

export interface HeadersConfig {
  readonly request: HeaderEditsConfig;
  readonly response: HeaderEditsConfig;
}

export interface HeaderEditsConfig {
  readonly set: Readonly<Record<string, string>>;
  readonly remove: readonly string[];
}

/** Whoever is in `deny` is refused; if `allow` is not empty, so is whoever is not in it. */
export interface AccessConfig {
  readonly allow: readonly Network[];
  readonly deny: readonly Network[];
}

export interface ErrorPageConfig {
  /** `502`, or `5xx`. */
  readonly status: string;
  /** With its placeholders. */
  readonly body: string;
  readonly contentType: string;
}
