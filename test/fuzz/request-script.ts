// The script that the fuzzer's requests run: each hook does what its request's plan says, and
// leaves its request's token wherever a hook can leave something. What it finds wrong it logs.

export const requestScript = (version: string): string =>
  `import { counter, definePhases, log } from "sluice";
const VERSION = ${JSON.stringify(version)};
${DEEDS}
${HOOKS}`;

const DEEDS = `const logged = counter("logged");
/** One for all requests: ctx must be each one's own all the same. */
const START = { token: "", version: VERSION, plan: {}, hooks: 0 };
/** As people write body filters. */
const scratch = new Uint8Array(262_144);
const flights = new Map();
const gates = new Map();
const sleep = (ms) => new Promise((done) => setTimeout(done, ms));

function flight(key) {
  let found = flights.get(key);
  if (found === undefined) {
    found = sleep(5).catch(() => undefined).finally(() => flights.delete(key));
    flights.set(key, found);
  }
  return found;
}

function gate(key) {
  if (!gates.has(key)) gates.set(key, Promise.withResolvers());
  return gates.get(key).promise;
}

function open(key) {
  gates.get(key)?.resolve();
  gates.delete(key);
}

async function doAll(session, ctx, hook) {
  const { token } = ctx;
  const steps = ctx.plan[hook] ?? [];
  for (let i = 0; i < steps.length; i++) {
    const [deed, figure] = steps[i];
    switch (deed) {
      case "timer": await sleep(figure); break;
      case "tick": for (let n = 0; n < figure; n++) await null; break;
      case "flight": await flight(figure); break;
      case "gate": await Promise.race([gate(figure), sleep(40)]); break;
      case "open": open(figure); break;
      case "log": log.info("step " + token + " " + hook); break;
      case "body": {
        if (hook !== "requestFilter") break;
        const text = await session.request.text();
        if (text.replaceAll(token, "") !== "") log.error("foreign body " + token);
        break;
      }
      case "spin": for (let n = 0; n < figure * 20_000; n++) Math.sqrt(n); break;
      case "stray":
        void Promise.resolve().then(() => log.info("stray " + token + " " + hook));
        break;
      case "all": await Promise.all([sleep(figure), flight(1), Promise.resolve()]); break;
      case "throw": throw new Error("thrown " + token);
      case "overrun": for (;;) Math.sqrt(1);
      case "answer": return token;
      case "detach": break;
    }
    if (ctx.token !== token) log.error("foreign ctx " + token + " " + ctx.token);
    if (ctx.version !== VERSION) log.error("foreign version " + token + " " + ctx.version);
    log.info("done " + token + " " + hook);
  }
  ctx.hooks++;
}

const has = (ctx, hook) => (ctx.plan[hook] ?? []).length > 0;

async function bodyHook(session, ctx, hook) {
  const { chunk } = session;
  const { length } = chunk;
  if (!has(ctx, hook)) return undefined;
  await doAll(session, ctx, hook);
  scratch.set(chunk);
  if (ctx.plan[hook].at(-1)[0] === "detach") chunk.buffer.transfer();
  return scratch.subarray(0, length);
}
`;

const HOOKS = `export default definePhases({
  newCtx: () => START,

  earlyRequestFilter(session, ctx) {
    if (ctx.token !== "") log.error("used ctx " + ctx.token);
    ctx.token = session.request.headers.get("x-token") ?? "none";
    ctx.plan = JSON.parse(session.request.headers.get("x-plan") ?? "{}");
  },

  async requestFilter(session, ctx) {
    const answer = await doAll(session, ctx, "requestFilter");
    if (answer === undefined) return undefined;
    const body = new Uint8Array(scratch.buffer, 0, answer.length);
    new TextEncoder().encodeInto(answer, body);
    const headers = { "x-token": ctx.token, "x-v": ctx.version };
    return new Response(body, { status: 203, headers });
  },

  upstreamPeer: (session, ctx) =>
    has(ctx, "upstreamPeer")
      ? doAll(session, ctx, "upstreamPeer").then(() => "origin")
      : "origin",

  connectedToUpstream: (session, ctx) =>
    has(ctx, "connectedToUpstream") ? doAll(session, ctx, "connectedToUpstream") : undefined,

  upstreamRequestFilter(session, ctx) {
    const mark = () => session.upstreamRequest.headers.set("x-up-token", ctx.token);
    if (!has(ctx, "upstreamRequestFilter")) return mark();
    return doAll(session, ctx, "upstreamRequestFilter").then(mark);
  },

  requestBodyFilter: (session, ctx) => bodyHook(session, ctx, "requestBodyFilter"),

  async responseFilter(session, ctx) {
    await doAll(session, ctx, "responseFilter");
    session.response.headers.set("x-token", ctx.token);
    session.response.headers.set("x-v", ctx.version);
    session.response.headers.set("x-v-now", VERSION);
  },

  responseBodyFilter: (session, ctx) => bodyHook(session, ctx, "responseBodyFilter"),

  failToProxy(session, ctx) {
    const headers = { "x-token": ctx.token, "x-v": ctx.version };
    return new Response("failed " + ctx.token, { status: 599, headers });
  },

  async logging(session, ctx) {
    await doAll(session, ctx, "logging").catch(() => undefined);
    logged.incr();
    log.info("logged " + ctx.token + " logging");
  },
});
`;
