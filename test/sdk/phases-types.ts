// Read by the type checker alone: each line marked as an error must be one, and no other.

import { counter, definePhases, histogram, rateLimit, type Session } from "../../sdk/index.ts";

definePhases({
  newCtx: () => ({ user: "", tries: 0, tags: ["a"], inner: { maybe: null } }),
  earlyRequestFilter(session, ctx) {
    session.options.maxRetries = ctx.tries;
    // @ts-expect-error options are numbers
    session.options.maxRetries = "3";
  },
  requestFilter(session, ctx) {
    ctx.user = session.request.headers.get("x-user") ?? "";
    // @ts-expect-error ctx has the type of newCtx
    ctx.other = 1;
    // @ts-expect-error a request has no response yet
    void session.response;
  },
  upstreamPeer: (session, ctx) => (ctx.tries + session.attempt > 1 ? "beta" : undefined),
  failToConnect: (session, ctx) => {
    ctx.tries++;
    return session.error.canRetry ? "retry" : undefined;
  },
  connectedToUpstream(session, ctx) {
    ctx.user = session.upstream.peer;
  },
  upstreamRequestFilter(session, ctx) {
    session.upstreamRequest.headers.set("x-user", ctx.user);
  },
  responseFilter(session, ctx) {
    session.response.status = ctx.tries;
    session.response.headers.set("x-a", session.request.headers.get("x-a") ?? "");
    // @ts-expect-error the request is on its way
    session.request.headers.set("x-a", "1");
    // @ts-expect-error and so is its line
    session.request.method = "PUT";
    // @ts-expect-error its body is gone
    void session.request.text();
  },
  responseBodyFilter(session) {
    // @ts-expect-error the response's head is on its way
    session.response.headers.delete("x-a");
  },
  errorWhileProxy: (_session, ctx) => (ctx.tries < 2 ? "retry" : "fail"),
  logging(session, ctx) {
    // @ts-expect-error nobody gets that
    session.response?.headers.append("x-a", "1");
    const status: number | undefined = session.response?.status;
    const tags: string[] = ctx.tags;
    void [status, tags];
  },
});

// without newCtx there is nothing in ctx, unless its type is named
definePhases({
  requestFilter(_session, ctx) {
    // @ts-expect-error nothing to write
    ctx.betaUsr = true;
    // @ts-expect-error nothing to read
    void ctx.betaUser;
  },
});
definePhases<{ user?: string; inner?: { n: number } }>({
  requestFilter(_session, ctx) {
    ctx.user = "ann";
    ctx.inner = { n: 1 };
    // @ts-expect-error it is a string
    ctx.user = 1;
  },
  logging(_session, ctx) {
    const user: string | undefined = ctx.user;
    // @ts-expect-error it may be absent
    void ctx.user.length;
    void user;
  },
});

definePhases({
  // @ts-expect-error a Set is not JSON
  newCtx: () => ({ tags: new Set<string>() }),
});
definePhases({
  // @ts-expect-error nor is a Date, however deep
  newCtx: () => ({ user: { seen: [new Date()] } }),
});
definePhases({
  // @ts-expect-error nor a function
  newCtx: () => ({ later() {} }),
});
definePhases({
  // @ts-expect-error nor a bigint
  newCtx: async () => ({ n: 1n }),
});
// bytes are more than JSON, and may be in ctx
definePhases({
  newCtx: () => ({ parts: [] as Uint8Array[], last: new Uint8Array() }),
  requestBodyFilter({ chunk }, ctx) {
    ctx.parts.push(chunk);
    ctx.last = chunk;
  },
});
definePhases({
  // @ts-expect-error a number is no peer
  upstreamPeer: () => 5,
});
definePhases({
  // @ts-expect-error this is no Response
  requestFilter: () => ({ status: 200 }),
});
definePhases({
  // @ts-expect-error neither "retry" nor "fail"
  errorWhileProxy: () => "again",
});

definePhases({
  // @ts-expect-error no hook is called so
  requestFiltr: () => undefined,
});
definePhases({
  newCtx: () => ({ user: "" }),
  // @ts-expect-error nor so
  onRequest() {},
});

// hooks may be methods of a class
class Guard {
  #closed = "/admin";
  newCtx() {
    return { user: "" };
  }
  requestFilter({ request }: Session, ctx: { user: string }) {
    ctx.user = request.headers.get("x-user") ?? "";
    if (this.#isClosed(request.target)) throw new Error("closed");
  }
  #isClosed(target: string): boolean {
    return target === this.#closed;
  }
}
definePhases(new Guard());
// @ts-expect-error the class itself has no hooks
definePhases(Guard);

// waiting as everybody writes it
void new Promise((done) => setTimeout(done, 5));
setTimeout((a: number, b: string) => void [a, b], 5, 1, "b");
// @ts-expect-error what the callback expects must be given
setTimeout((a: number) => void a, 5);

// labels are declared, with all values that each may have
const answers = counter("answers", { labels: { plan: ["free", "pro"] } });
answers.labels({ plan: "free" }).incr();
// @ts-expect-error a value that was not declared
answers.labels({ plan: "gold" });
// @ts-expect-error a label that was not declared
answers.labels({ plan: "free", beta: "no" });
// @ts-expect-error it has labels
answers.incr();

// who counts with others cannot ask what all have at this moment
const everywhere = counter("everywhere", { scope: "cluster" });
everywhere.incr(everywhere.get());
// @ts-expect-error nobody knows what it is at all proxies
everywhere.compareExchange(0, 1);
// @ts-expect-error nor what it would replace there
everywhere.set(0);
counter("here", { scope: "node" }).compareExchange(0, 1);
const plans = counter("plans", { labels: { plan: ["free"] }, scope: "cluster" });
plans.labels({ plan: "free" }).incr();
// @ts-expect-error the same with labels
plans.labels({ plan: "free" }).set(0);
const window = { limit: 1, windowMs: 1_000, algorithm: "fixed-window" } as const;
rateLimit("all", { ...window, scope: "cluster" }).take("key");
rateLimit("own", { ...window, algorithm: "sliding-window", scope: "node" });
// @ts-expect-error each proxy has sliding windows of its own
rateLimit("sliding", { ...window, algorithm: "sliding-window", scope: "cluster" });

histogram("wait_ms", { buckets: [1, 10] }).observe(3);
// @ts-expect-error a histogram has buckets
histogram("wait_ms", { labels: { plan: ["free"] } });

definePhases({
  requestFilter({ bodies }) {
    bodies.request = "pass";
    bodies.response = { bufferBytes: 1_024 };
    // @ts-expect-error none of the modes
    bodies.response = "buffer";
  },
  responseFilter({ bodies, timing }) {
    timing.mark("answered");
    bodies.response = "stream";
    // @ts-expect-error the request is on its way
    bodies.request = "pass";
  },
  connectedToUpstream({ upstream }) {
    const age: number = upstream.ageMs;
    const hash: string | undefined = upstream.tlsDigest?.certSha256;
    void [age, hash];
  },
  // @ts-expect-error no hook can change how a body comes that has come
  logging: ({ bodies }) => void bodies,
});
