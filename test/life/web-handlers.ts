// Handlers that run in a script of ours and in workerd alike: they know nothing but the web. What
// one returns, or what it throws, is the answer. By name; a request asks for one by `x-case`.

import { CRYPTO, STREAMS } from "./web-streams.ts";
import { EVENTS, TEXTS, URLS, VALUES } from "./web-values.ts";

/** Of an async function of `request`. */
export interface Handler {
  readonly body: string;
  /** What is sent. Left out: a GET. */
  readonly method?: string;
  readonly target?: string;
  readonly headers?: string;
  readonly content?: string;
}

const FORM = [
  ...["--x", 'Content-Disposition: form-data; name="a"', "", "1"],
  ...["--x", 'Content-Disposition: form-data; name="f"; filename="n.txt"'],
  ...["Content-Type: text/css", "", "body", "--x--", ""],
].join("\r\n");

const posted = (content: string, type: string, body: string): Handler => ({
  ...{ body, content, method: "POST", headers: `Content-Type: ${type}\r\n` },
});

const REQUESTS: Readonly<Record<string, Handler>> = {
  "what a request says": {
    body: `return [request.method, new URL(request.url).pathname, new URL(request.url).search,
      request.headers.get("x-a"), request.bodyUsed, request.body, new URL(request.url).host,
      [...request.headers.keys()].filter((n) => n.startsWith("x-")), new URL(request.url).protocol,
      request.signal instanceof AbortSignal]`,
    target: "/a%20b/../c?d=%C3%A9&e",
    headers: "X-A: 1\r\nx-a: 2\r\n",
  },
  "a body is text": posted("h\xc3\xa9", "text/plain", "return await request.text()"),
  "a body is JSON": posted('{"a":[1]}', "application/json", "return await request.json()"),
  "a body is no JSON": posted("{", "application/json", "return await request.json()"),
  "a body is bytes": posted("\0\xff", "x/y", "return [...await request.bytes()]"),
  "a body is a buffer": posted("ab", "x/y", "return (await request.arrayBuffer()).byteLength"),
  "a body is a Blob": posted(
    "ab",
    "Text/HTML;Charset=UTF-8",
    "const b = await request.blob(); return [b.size, b.type, await b.text()]",
  ),
  "a body is read twice": posted(
    "ab",
    "x/y",
    "await request.text(); return [request.bodyUsed, await request.text()]",
  ),
  "a body is handed back": posted("some text", "x/y", "return new Response(request.body)"),
  "a request is cloned": posted(
    "ab",
    "x/y",
    "const c = request.clone(); return [await c.text(), await request.text(), c.bodyUsed]",
  ),
  "a request is made of another": posted(
    "ab",
    "x/y",
    `const r = new Request(request, { method: "PUT", headers: { "x-n": "1" } });
      return [r.method, r.headers.get("x-n"), r.headers.get("content-type"), await r.text()]`,
  ),
  "a form of parts": posted(
    FORM,
    'multipart/form-data; boundary="x"',
    `const form = await request.formData(); const f = form.get("f");
      return [form.get("a"), f.name, f.type, f.size, await f.text(), [...form.keys()]]`,
  ),
  "a form of pairs": posted(
    "a=1&b=%C3%A9+x&a=&=&c",
    "application/x-www-form-urlencoded;charset=utf-8",
    "return [...await request.formData()]",
  ),
  "a form that is none": posted("a=1", "text/plain", "return [...await request.formData()]"),
};

const bodies = (table: Readonly<Record<string, string>>): Readonly<Record<string, Handler>> =>
  Object.fromEntries(Object.entries(table).map(([title, body]) => [title, { body }]));

const MESSAGES = bodies({
  "a Request normalises its method": `return ["get", "Post", "patch", "DELETE", "foo"].map(
    (method) => new Request("https://a.example/", { method }).method)`,
  "methods that are refused": `return ["TRACE", "CONNECT", "a b", ""].map((method) => { try {
    return new Request("https://a.example/", { method }).method } catch (e) { return e.name } })`,
  "a GET with a body": `return new Request("https://a.example/", { body: "a" }).method`,
  "a Request with a relative URL": `return new Request("/a").url`,
  "a Request with a password": `return new Request("https://u:p@a.example/").url`,
  "a Request keeps no fragment of its URL": `return [new Request("https://a.example/b#c").url]`,
  "a Request of a type": `const r = new Request("https://a.example/", { method: "POST",
    body: new URLSearchParams({ a: "b c" }) });
    return [r.headers.get("content-type"), await r.text()]`,
  "an aborted signal": `const r = new Request("https://a.example/",
    { signal: AbortSignal.abort("why") }); return [r.signal.aborted, r.signal.reason]`,
  "an answer of text": `return new Response("h\\u00e9")`,
  "an answer of bytes": `return new Response(new Uint8Array([0, 255]))`,
  "an answer of a Blob": `return new Response(new Blob(["ab"], { type: "a/b" }))`,
  "an answer of pairs": `return new Response(new URLSearchParams("a=b&c=d e"))`,
  "an answer of JSON": `return Response.json({ a: 1 }, { status: 201, headers: { "x-a": "1" } })`,
  "an answer without a body": `return new Response(null, { status: 204 })`,
  "a 304 without a body": `return new Response(null, { status: 304, headers: { etag: '"a"' } })`,
  "a 204 with a body": `return new Response("a", { status: 204 })`,
  "an empty body is a body": `return new Response("", { status: 404, headers: { "x-a": "" } })`,
  "a number is text": `return new Response(5)`,
  "an object is text": `return new Response({})`,
  "an answer of a stream": `return new Response(new ReadableStream({ start(c) {
    c.enqueue(new TextEncoder().encode("a,")); c.enqueue(new TextEncoder().encode("b"));
    c.close(); } }), { headers: { "content-type": "text/plain" } })`,
  "an answer of a stream that was piped": `return new Response(new Response("ab").body.pipeThrough(
    new TextDecoderStream()).pipeThrough(new TransformStream({ transform(text, c) {
    c.enqueue(text.toUpperCase()) } })).pipeThrough(new TextEncoderStream()))`,
  "statuses that are refused": `return [99, 101, 199, 600, 200.5, "x", "404"].map((status) => {
    try {
    return new Response(null, { status }).status } catch (e) { return e.name } })`,
  "texts of statuses": `return ["", "Fine", "a\\r\\nb", "\\u00e9", "\\u0100"].map((statusText) => {
    try { return new Response(null, { statusText }).statusText } catch (e) { return e.name } })`,
  "a redirect": `return Response.redirect("https://a.example/\\u00e9?b", 303)`,
  "a redirect by default": `return [Response.redirect("https://a.example/").status]`,
  "a redirect that is none": `return Response.redirect("https://a.example/", 200)`,
  "a redirect to nowhere": `return Response.redirect("/relative")`,
  "an error": `const e = Response.error(); return [e.type, e.status]`,
  "what a Response says": `const r = new Response("a"); return [r.status, r.statusText, r.ok,
    r.type,
    r.url, r.redirected, r.bodyUsed, r.body instanceof ReadableStream, [...r.headers]]`,
  "a Response is cloned": `const r = new Response("ab", { status: 201, headers: { "x-a": "1" } });
    const c = r.clone(); return [await c.text(), await r.text(), c.status, c.headers.get("x-a")]`,
  "a Response that was read is cloned": `const r = new Response("ab"); await r.text();
    return r.clone().status`,
  "a Response is made of another": `const r = new Response("ab", { headers: { "x-a": "1" } });
    const n = new Response(r.body, r); return [await n.text(), n.headers.get("x-a"), r.bodyUsed]`,
  "a body that is locked": `const r = new Response("ab"); r.body.getReader();
    return [r.bodyUsed, await r.text()]`,
  "types of bodies": `return ["a", new Uint8Array(1), new URLSearchParams("a=b"), new FormData(),
    new Blob(["a"], { type: "x/y" }), new Blob(["a"])].map((body) =>
    (new Response(body).headers.get(
    "content-type") ?? "none").replace(/boundary=.*/, "boundary"))`,
  "a FormData goes through a body": `const form = new FormData(); form.append("a", "1\\n2");
    form.append("f", new File(["x"], 'n"1.txt', { type: "a/b" }));
    const got = await new Response(form).formData();
    return [got.get("a"), got.get("f").name, got.get("f").type, await got.get("f").text()]`,
  "a body of UTF-8 with a mark": `return [await new Response("\\ufeffa").text(),
    await new Response(new Uint8Array([239, 187, 191, 97, 255])).text()]`,
  "a Request that takes another's body": `const r = new Request("https://a.example/", {
    method: "POST",
    body: "ab" }); const n = new Request(r); return [r.bodyUsed, n.bodyUsed, await n.text()]`,
  "data that is no JSON": `return Response.json(undefined)`,
  "fetches that are refused": `return Promise.all(["/a", "file:///a", "about:blank",
    "ftp://a.example/",
    "none"].map((u) => fetch(u).then((r) => r.status, (e) => e.name)))`,
  "a fetch that is aborted before": `return await fetch("http://a.example/", {
    signal: AbortSignal.abort() })`,
});

const HEADERS = bodies({
  "names and values of headers": `const h = new Headers([["B", "2"], ["a", " 1 "], ["b", "3"]]);
    h.append("c", ""); return [[...h], h.get("B"), h.has("C"), h.get("none")]`,
  "cookies are apart": `const h = new Headers(); h.append("set-cookie", "a=1");
    h.append("Set-Cookie", "b=2"); return [h.getSetCookie(), [...h], h.get("set-cookie")]`,
  "an answer has two cookies": `const r = new Response("a"); r.headers.append("set-cookie", "a=1");
    r.headers.append("set-cookie", "b=2"); return r`,
  "headers that are refused": `return [["a b", "1"], ["", "1"], ["a", "1\\r\\n2"], ["a", "\\0"],
    ["a", "\\u0100"], ["\\u00e9", "1"], ["a", "\\u00e9"], ["a", "\\x01"], ["a", "\\x7f"]].map(
    ([n, v]) => { try { return new Headers([[n, v]]).get(n) } catch (e) { return e.name } })`,
  "what headers are made of": `return [undefined, {}, null, [["a"]], [["a", "1", "2"]], "a",
    new Headers({ a: "1" }), new Map([["a", "1"]]), { a: undefined }].map((init) => { try {
    return [...new Headers(init)] } catch (e) { return e.name } })`,
  "headers are edited while they are looped over": `const h = new Headers({ a: "1", b: "2",
    c: "3" });
    const seen = []; for (const [name] of h) { seen.push(name); h.delete("b"); } return seen`,
  "headers are set and deleted": `const h = new Headers({ a: "1" }); h.set("A", "2");
    h.append("b", "1"); h.set("b", "9"); h.delete("none"); h.delete("a");
    const seen = []; h.forEach((v, n) => seen.push(n + v)); return [seen, [...h.keys()],
    [...h.values()]]`,
});

export const HANDLERS: Readonly<Record<string, Handler>> = {
  ...{ ...REQUESTS, ...MESSAGES, ...HEADERS },
  ...bodies({ ...URLS, ...TEXTS, ...VALUES, ...EVENTS, ...STREAMS, ...CRYPTO }),
};
