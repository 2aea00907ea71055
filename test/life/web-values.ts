// Bodies of handlers (web-handlers.ts) about URLs, text, values and events.

export const URLS = {
  "a URL of all parts": `const u = new URL("HTTPS://u:p%20@\\u00c4.Example:443/a/../b c?d=e'&f#g h");
    return [u.href, u.origin, u.protocol, u.username, u.password, u.host, u.hostname, u.port,
    u.pathname, u.search, u.hash, JSON.stringify({ u })]`,
  "URLs that are none": `return ["", "a", "//a", "http://", "http://a b/", "http://[::1",
    "http://a:99999",
    "https://exa%23mple.org", "http://1.2.3.4.5/", "http://xn--a/"].map((u) => URL.canParse(u))`,
  "URLs of odd kinds": `return ["a:b c ", "file:///C|/x/..", "blob:https://a.example/x",
    "data:,a b",
    "http:\\\\\\\\a\\\\b", "http://0x7f.1/", "http://a.example:80", "web+x:/.//p",
    "mailto:a@b"].map((u) =>
    { const { href, origin, pathname } = new URL(u); return [href, origin, pathname] })`,
  "parts of a URL are set": `const u = new URL("https://a.example/b"); u.protocol = "http";
    u.port = "8080x"; u.hash = "a b"; u.search = "c d"; u.pathname = "e f/%zz"; u.host = "b:1";
    u.hostname = "\\u00e9"; u.username = "@"; u.port = ""; u.protocol = "foo"; return u.href`,
  "a query is edited": `const u = new URL("https://a.example/?a=1&b=2&a=3#h"); const q =
    u.searchParams;
    q.append("c", "d e"); q.set("a", "\\u00e9&"); q.delete("b"); q.sort();
    const before = u.href; u.search = "?x=%zz+y"; return [before, [...q], q.size, u.search,
    q.has("x", "%zz y"), String(q)]`,
  "pairs of many kinds": `return [new URLSearchParams({ a: "1", b: 2 }), new URLSearchParams([["a",
    "b"]]),
    new URLSearchParams("?a=b=c&&d&=e"), new URLSearchParams("\\ud800=1"),
    new URLSearchParams("a=%F0%9F%98%80%ff+!'()~*-._")].map(String)`,
  "pairs that are none": `return [[["a"]], [1], [["a", "b", "c"]]].map((init) => { try {
    return String(new URLSearchParams(init)) } catch (e) { return e.name } })`,
  "a pattern matches": `const p = new URLPattern({ pathname: "/users/:id(\\\\d+)/*" });
    const m = p.exec("https://a.example/users/7/x?y"); return [p.test("https://a.example/users/a/"),
    m.pathname, p.pathname, p.hasRegExpGroups]`,
  "a pattern of a string": `const p = new URLPattern("https://*.example/:a?b=:c#d",
    "https://b.example");
    return [p.protocol, p.hostname, p.pathname, p.search, p.hash, p.port]`,
};

export const TEXTS = {
  "text becomes UTF-8": `const e = new TextEncoder(); const into = new Uint8Array(4);
    return [[...e.encode("a\\u00e9\\ud83d\\ude00\\ud800")], e.encodeInto("a\\u00e9\\ud83d\\ude00",
    into),
    [...into], e.encoding]`,
  "bytes become text": `const d = new TextDecoder(); return [d.decode(new Uint8Array([239, 187,
    191, 97])),
    d.decode(new Uint8Array([240, 159, 152])), d.encoding, d.fatal, d.ignoreBOM,
    new TextDecoder("utf-8", { ignoreBOM: true }).decode(new Uint8Array([239, 187, 191,
    97])).length]`,
  "text comes in pieces": `const d = new TextDecoder(); return [d.decode(new Uint8Array([195]),
    { stream: true }), d.decode(new Uint8Array([169]), { stream: true }), d.decode()]`,
  "bytes that are no text": `new TextDecoder("utf-8", {
    fatal: true }).decode(new Uint8Array([255]))`,
  "labels of encodings": `return ["utf8", " UTF-8\\n", "latin1", "ascii", "utf-16", "shift_jis",
    "gbk",
    "koi8-r", "none", ""].map((l) => { try { return new TextDecoder(l).encoding } catch (e) {
    return e.name } })`,
  "other encodings": `return [new TextDecoder("latin1").decode(new Uint8Array([128, 233])),
    new TextDecoder("utf-16le").decode(new Uint8Array([97, 0, 0, 216])),
    new TextDecoder("shift_jis").decode(new Uint8Array([130, 160]))]`,
  base64: `return [btoa("a\\u00ff"), atob(" YQ = = "), atob("YQ"), btoa("")]`,
  "text that is no base64": `return ["YQ===", "Y", "\\u00e9"].map((t) => { try { return atob(t) }
    catch (e) { return [e.name, e.code, e instanceof DOMException] } })`,
  "text that base64 does not take": `return btoa("\\u0100")`,
};

export const VALUES = {
  "values are cloned": `const a = { d: new Date(0), m: new Map([[1, new Set([2])]]), r: /x/gi,
    n: null,
    b: new Uint8Array([1, 2]), e: new RangeError("no"), u: undefined, i: 5n }; a.self = a;
    const c = structuredClone(a); return [c !== a, c.self === c, c.d.getTime(), [...c.m.get(1)],
    String(c.r), [...c.b], c.e.name, c.e.message, "u" in c, String(c.i),
    c.e instanceof RangeError]`,
  "values that cannot be cloned": `return [() => {}, Symbol("a"), { f() {} }, Promise.resolve(),
    new WeakMap()].map((v) => { try { structuredClone(v); return "cloned" } catch (e) {
    return [e.name, e.code] } })`,
  "objects of the web that are cloned": `return [new URL("https://a.example/"), new Headers(),
    new Response("a"), new AbortController(), new Event("a"), new Blob(["a"]),
    new URLSearchParams("a")].map((v) => { try { return structuredClone(v).constructor.name }
    catch (e) { return e.name } })`,
  "buffers are transferred": `const b = new ArrayBuffer(8); const c = structuredClone(b,
    { transfer: [b] }); return [b.byteLength, c.byteLength, b.detached]`,
  "an exception of the DOM": `const e = new DOMException("why", "AbortError"); return [e.name,
    e.message,
    e.code, e instanceof Error, String(e), DOMException.ABORT_ERR,
    Object.prototype.toString.call(e)]`,
  "names of classes": `return [URL, URLSearchParams, Headers, Request, Response, Blob, File,
    FormData,
    TextEncoder, TextDecoder, AbortController, AbortSignal, Event, EventTarget, CustomEvent,
    ReadableStream, WritableStream, TransformStream, URLPattern, CompressionStream, DOMException,
    CryptoKey].map((c) => c.name)`,
  "tags of objects": `return [new URL("a:b"), new URLSearchParams(), new Headers(), new Response(),
    new Blob(), new FormData(), new TextEncoder(), new TextDecoder(), new AbortController(),
    new AbortController().signal, new Event("a"), new EventTarget(), new ReadableStream(), crypto,
    crypto.subtle, new Headers().entries(), new URLSearchParams().entries()].map((o) =>
    Object.prototype.toString.call(o))`,
  "calls without what they need": `return [() => new Event(), () => new URL(), () =>
    new Headers().append("a"), () => new Headers().get(), () => new URLSearchParams().append("a"),
    () => new URLSearchParams().get(), () => new FormData().append("a"), () => new File(["a"]),
    () => atob(), () => btoa(), () => structuredClone(), () => URL.canParse(), () => new Request(),
    () => new TextDecoder().decode(), () => new DOMException().name, () => Response.json(),
    () => setTimeout(), () => new AbortController().signal.addEventListener("a")].map((run) => {
    try {
    return typeof run() } catch (e) { return e.name } })`,
  "classes that are called": `return [URL, Headers, Request, Response, Blob, FormData, Event,
    AbortController, TextEncoder, ReadableStream].map((c) => { try { return typeof c("a:b") }
    catch (e) { return e.name } })`,
  "methods without their object": `return [() => Headers.prototype.get.call({}, "a"), () =>
    URL.prototype.toString.call({}), () => Response.prototype.text.call({}), () =>
    Object.getOwnPropertyDescriptor(URL.prototype, "href").get.call({})].map((run) => { try {
    const r = run(); return r instanceof Promise ? "promise" : typeof r } catch (e) {
    return e.name } })`,
  subclasses: `class A extends URL { get own() {
    return this.hostname } } class B extends Response {}
    class C extends Headers {} return [new A("https://a.example/").own,
    new B("a") instanceof Response,
    await new B("a").text(), new C({ a: "1" }).get("a")]`,
  "members that an enumeration sees": `const names = [];
    for (const n in new URL("a:b")) names.push(n);
    return names.sort()`,
  "microtasks and timers": `const seen = []; setTimeout(() => seen.push("timer"), 1);
    queueMicrotask(() => seen.push("micro")); await Promise.resolve(); seen.push("promise");
    await new Promise((done) => setTimeout(done, 5)); return seen`,
  "a timer is cleared": `let n = 0; const t = setInterval(() => n++, 1); clearInterval(t);
    clearTimeout(setTimeout(() => n++, 1)); await new Promise((done) => setTimeout(done, 5, 1));
    return n`,
};

export const EVENTS = {
  "an event is dispatched": `const t = new EventTarget(); const seen = []; const f = (e) =>
    seen.push([e.type, e.target === t, e.cancelable]); t.addEventListener("a", f);
    t.addEventListener("a", f); t.addEventListener("a", { handleEvent: () => seen.push("object") },
    { once: true }); t.addEventListener("a", (e) => e.preventDefault());
    const e = new Event("a", { cancelable: true }); const r = t.dispatchEvent(e);
    t.dispatchEvent(new CustomEvent("a", { detail: 5 })); t.removeEventListener("a", f);
    t.dispatchEvent(new Event("a")); return [seen, r, e.defaultPrevented, e.eventPhase]`,
  "an event is stopped": `const t = new EventTarget(); const seen = []; t.addEventListener("a",
    (e) => {
    seen.push(1); e.stopImmediatePropagation() }); t.addEventListener("a", () => seen.push(2));
    t.dispatchEvent(new Event("a")); return seen`,
  "a listener is gone with its signal": `const t = new EventTarget(); const c =
    new AbortController();
    let n = 0; t.addEventListener("a", () => n++, { signal: c.signal });
    t.dispatchEvent(new Event("a"));
    c.abort(); t.dispatchEvent(new Event("a")); return n`,
  "a controller aborts": `const c = new AbortController(); const seen = []; c.signal.onabort =
    (e) =>
    seen.push(e.type); c.signal.addEventListener("abort", () => seen.push("heard"));
    c.abort(); c.abort("again"); try { c.signal.throwIfAborted() } catch (e) { seen.push(e.name) }
    return [seen, c.signal.aborted, c.signal.reason.name, c.signal.reason.message.length > 0]`,
  "signals are joined": `const c = new AbortController(); const any = AbortSignal.any([c.signal,
    new AbortController().signal]); const before = any.aborted; c.abort(new RangeError("no"));
    return [before, any.aborted, any.reason.name, AbortSignal.any([]).aborted,
    AbortSignal.abort().reason.name]`,
  "a signal times out": `const s = AbortSignal.timeout(1); await new Promise((done) =>
    s.addEventListener("abort", done)); return [s.aborted, s.reason.name]`,
};
