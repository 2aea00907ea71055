// Bodies of handlers (web-handlers.ts) about streams, files and crypto.

export const STREAMS = {
  "a stream is read": `const s = new ReadableStream({ start(c) { c.enqueue(1); c.enqueue("a");
    c.close() } });
    const all = []; for await (const x of s) all.push(x); return [all, s.locked]`,
  "a stream is split": `const [a, b] = new Response("ab").body.tee();
    return [await new Response(a).text(),
    await new Response(b).text()]`,
  "a stream fails": `const s = new ReadableStream({ pull() { throw new RangeError("no") } });
    return await s.getReader().read()`,
  "a stream is cancelled": `let why; const s = new ReadableStream({ cancel(r) { why = r } });
    await s.cancel("because"); return [why, await s.getReader().read()]`,
  "a stream of a list": `const all = []; for await (const x of ReadableStream.from([1,
    2])) all.push(x);
    return all`,
  "bytes are read into a buffer": `const s = new ReadableStream({ type: "bytes", start(c) {
    c.enqueue(
    new Uint8Array([1, 2, 3])); c.close() } }); const r = s.getReader({ mode: "byob" });
    const { value, done } = await r.read(new Uint8Array(2)); return [[...value], done]`,
  "a stream is written": `const got = []; const w = new WritableStream({ write(x) { got.push(x) },
    close() { got.push("closed") } }).getWriter(); w.write(1); w.write(2); await w.close();
    return [got, w.desiredSize]`,
  "a stream is piped": `const got = []; await ReadableStream.from(["a",
    "b"]).pipeThrough(new TransformStream({
    transform(x, c) { c.enqueue(x + x) }, flush(c) {
    c.enqueue("end") } })).pipeTo(new WritableStream({
    write(x) { got.push(x) } })); return got`,
  "a pipe is aborted": `const c = new AbortController(); c.abort(); const p =
    new ReadableStream().pipeTo(
    new WritableStream(), { signal: c.signal }); return await p`,
  "text is decoded in pieces": `return await Array.fromAsync(
    ReadableStream.from([new Uint8Array([226, 130]),
    new Uint8Array([172])]).pipeThrough(new TextDecoderStream()))`,
  "bytes are coded and decoded": `const all = []; for (const f of ["gzip", "deflate",
    "deflate-raw"]) {
    const coded = await new Response(new Response("aaaaaaaa").body.pipeThrough(
    new CompressionStream(f))).bytes(); all.push(await
    new Response(new Response(coded).body.pipeThrough(
    new DecompressionStream(f))).text()) } return all`,
  "bytes that are no gzip": `return await new Response(new Response("aaaa").body.pipeThrough(
    new DecompressionStream("gzip"))).text()`,
  "a coding that is none": `return new CompressionStream("br").readable.locked`,
  "a Blob is cut": `const b = new Blob(["abcdef"], { type: "A/B" }); return [await b.slice(1, -2,
    "x").text(),
    b.slice(0, 1, "X/Y").type, b.size, await new Response(b.stream()).text(), b.type]`,
  "a File": `const f = new File(["a"], "n", { lastModified: 5, type: "x/y" }); return [f.name,
    f.size,
    f.lastModified, f.type, f instanceof Blob]`,
  "a FormData": `const f = new FormData(); f.append("a", 1); f.append("b", new Blob(["x"]));
    f.set("a", "2"); f.append("a", "3"); return [[...f.keys()], f.getAll("a"), f.get("b").name,
    f.has("c"), f.get("c")]`,
};

const hex =
  "const hex = (b) => new Uint8Array(b).toHex(); const bytes = new Uint8Array(16).fill(7);";

export const CRYPTO = {
  digests: `${hex} return Promise.all(["SHA-1", "SHA-256", "sha-384", {
    name: "SHA-512" }].map(async (n) =>
    hex(await crypto.subtle.digest(n, bytes))))`,
  "a digest that is none": `return await crypto.subtle.digest("MD4", new Uint8Array(1))`,
  "HMAC signs and verifies": `${hex} const k = await crypto.subtle.importKey("raw", bytes, {
    name: "HMAC",
    hash: "SHA-256" }, true, ["sign", "verify"]); const s = await crypto.subtle.sign("HMAC", k,
    bytes);
    return [hex(s), await crypto.subtle.verify("HMAC", k, s, bytes), k.algorithm, k.type, k.usages,
    (await crypto.subtle.exportKey("jwk", k)).k]`,
  "AES-GCM": `${hex} const k = await crypto.subtle.importKey("raw", bytes, "AES-GCM", false,
    ["encrypt",
    "decrypt"]); const iv = new Uint8Array(12); const c = await crypto.subtle.encrypt({
    name: "AES-GCM",
    iv, additionalData: bytes }, k, bytes); return [hex(c), hex(await crypto.subtle.decrypt({
    name: "AES-GCM", iv, additionalData: bytes }, k, c))]`,
  "AES-GCM that was changed": `${hex} const k = await crypto.subtle.importKey("raw", bytes,
    "AES-GCM", false,
    ["decrypt"]); return await crypto.subtle.decrypt({ name: "AES-GCM", iv: new Uint8Array(12) }, k,
    new Uint8Array(32))`,
  "AES-CBC and AES-CTR": `${hex} const all = []; for (const [name, more] of [["AES-CBC", {
    iv: bytes }],
    ["AES-CTR", { counter: bytes, length: 64 }]]) { const k = await crypto.subtle.importKey("raw",
    bytes,
    name, false, ["encrypt"]); all.push(hex(await crypto.subtle.encrypt({ name, ...more }, k,
    bytes))) }
    return all`,
  "bits are derived": `${hex} const p = await crypto.subtle.importKey("raw", bytes, "PBKDF2", false,
    ["deriveBits"]); const h = await crypto.subtle.importKey("raw", bytes, "HKDF", false,
    ["deriveBits"]);
    return [hex(await crypto.subtle.deriveBits({ name: "PBKDF2", hash: "SHA-256", salt: bytes,
    iterations: 1000 }, p, 128)), hex(await crypto.subtle.deriveBits({ name: "HKDF",
    hash: "SHA-256",
    salt: bytes, info: bytes }, h, 128))]`,
  "a key does what it may": `const k = await crypto.subtle.importKey("raw", new Uint8Array(16),
    "AES-GCM", false,
    ["encrypt"]); return await crypto.subtle.decrypt({ name: "AES-GCM", iv: new Uint8Array(12) }, k,
    new Uint8Array(32))`,
  "a key that is not extractable": `const k = await crypto.subtle.importKey("raw",
    new Uint8Array(16), "AES-GCM",
    false, ["encrypt"]); return await crypto.subtle.exportKey("raw", k)`,
  "a key of no use": `return await crypto.subtle.importKey("raw", new Uint8Array(16), "AES-GCM",
    false, [])`,
  "a key of a wrong length": `return await crypto.subtle.importKey("raw", new Uint8Array(15),
    "AES-GCM", false,
    ["encrypt"])`,
  "pairs of keys": `const all = []; for (const [a, u] of [[{ name: "ECDSA", namedCurve: "P-256" },
    { name:
    "ECDSA", hash: "SHA-256" }], ["Ed25519", "Ed25519"]]) { const p =
    await crypto.subtle.generateKey(a, true,
    ["sign", "verify"]); const s = await crypto.subtle.sign(u, p.privateKey, new Uint8Array(3));
    const j = await crypto.subtle.exportKey("jwk", p.publicKey); all.push([s.byteLength,
    await crypto.subtle.verify(u, p.publicKey, s, new Uint8Array(3)),
    Object.keys(JSON.parse(JSON.stringify(j))).sort(), j.kty, j.crv,
    p.publicKey.usages, p.privateKey.extractable]) } return all`,
  "random values": `const b = crypto.getRandomValues(new Uint8Array(8)); return [b.length,
    /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/.test(
    crypto.randomUUID())]`,
  "random values that are refused": `return [new Uint8Array(65537), new Float32Array(1)].map((b) =>
    { try {
    crypto.getRandomValues(b); return "given" } catch (e) { return [e.name, e.code] } })`,
};
