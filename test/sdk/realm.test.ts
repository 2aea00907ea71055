// The realm that every script finds, seen from inside a real isolate: what is there, what is not,
// and that no way leads out of it.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { EXTRAS } from "../../src/control/bundle-extras.ts";
import { ECMASCRIPT } from "./ecmascript.ts";
import { inside } from "./inside.ts";

test("the global object holds ECMAScript, what sdk/globals.ts declares, and nothing else", async () => {
  const files = ["globals.ts", "part-globals.ts"].map((name) =>
    readFile(new URL(`../../sdk/${name}`, import.meta.url), "utf8"),
  );
  const source = (await Promise.all(files)).join("\n");
  const declarations = [...source.matchAll(/^ {2}(?:var|function) (\w+)/gm)];
  const declared = [...new Set(declarations.map(([, name]) => name ?? ""))];
  const extras = EXTRAS.flatMap(({ globals }) => globals);
  const whole = await inside(`Reflect.ownKeys(globalThis).map(String)`, `/* ${extras} */`);
  assert.ok(Array.isArray(whole));
  assert.deepEqual(whole.toSorted(), [...ECMASCRIPT, ...declared].toSorted());
  const found = await inside(`Reflect.ownKeys(globalThis).map(String)`);
  const expected = declared.filter((name) => !extras.includes(name));
  assert.ok(Array.isArray(found));
  assert.deepEqual(found.toSorted(), [...ECMASCRIPT, ...expected].toSorted());
});

test("the top level of a script finds no trampoline", async () => {
  const names = await inside("names", "const names = Object.getOwnPropertyNames(globalThis)");
  assert.ok(Array.isArray(names));
  const ours = names.filter((name) => /^__sluice/.test(String(name)));
  assert.deepEqual(ours.toSorted(), ["__sluice", "__sluiceLoadFailed"]);
});

test("an ArrayBuffer has a fixed length, by whatever way it is made", async () => {
  const refused = await inside(`[
    () => new ArrayBuffer(8, { maxByteLength: 16 }),
    () => new (new ArrayBuffer(8).constructor)(8, { maxByteLength: 16 }),
    () => new (new Uint8Array(8).buffer.constructor)(8, { maxByteLength: 16 }),
    () => Reflect.construct(ArrayBuffer, [8, { maxByteLength: 16 }], Object),
    () => new (class extends ArrayBuffer {})(8, { maxByteLength: 16 }),
    () => new ArrayBuffer(8, Object.assign(() => {}, { maxByteLength: 16 })),
    () => new (structuredClone(new ArrayBuffer(8)).constructor)(8, { maxByteLength: 16 }),
  ].map(failureOf)`);
  assert.deepEqual(refused, Array(7).fill("RangeError"));
  const honest = await inside(`[
    new ArrayBuffer(8).byteLength, new ArrayBuffer(8, {}).resizable, new ArrayBuffer(8).resize,
    new ArrayBuffer(8).transfer(4).byteLength, new ArrayBuffer(8).transfer(4).resizable,
    new ArrayBuffer(8).slice(2).byteLength, new ArrayBuffer(1) instanceof ArrayBuffer,
    ArrayBuffer.isView(new Uint8Array(1)), ArrayBuffer.name, failureOf(() => ArrayBuffer(8)),
    class extends ArrayBuffer {}.name, new (class Own extends ArrayBuffer {})(3).byteLength,
    new Uint8Array(new ArrayBuffer(4)).length,
  ]`);
  const expected = [8, false, null, 4, false, 6, true, true, "ArrayBuffer", "TypeError", "", 3, 4];
  assert.deepEqual(honest, expected);
});

test("at most 64 Intl formatters live in an isolate, and the same one is given out again", async () => {
  const seen = await inside(`(() => {
    const names = [];
    for (let i = 0; i < 70; i++) names.push(failureOf(() =>
      new Intl.NumberFormat("en", { minimumIntegerDigits: 1 + i % 20,
        maximumFractionDigits: 20 + Math.floor(i / 20) }).format(1)));
    const again = new Intl.NumberFormat("EN",
      { minimumIntegerDigits: 1, maximumFractionDigits: 20 });
    return { refused: names.filter((name) => name === "RangeError").length, again: again.format(2),
      own: failureOf(() => new (class extends Intl.Collator {})()),
      reached: failureOf(() => new (again.constructor)("de")) };
  })()`);
  assert.deepEqual(seen, { refused: 6, again: "2", own: "RangeError", reached: "RangeError" });
});

test("a refused locale takes no formatter's place, and a getter cannot count twice", async () => {
  const seen = await inside(`(() => {
    for (let i = 0; i < 100; i++) failureOf(() => new Intl.NumberFormat("en", { style: "x" + i }));
    class Own extends Intl.NumberFormat {}
    let made = 0;
    const nest = () => { new Own("en", { get style() { nest(); return "percent"; } }); made++; };
    return [failureOf(nest), made];
  })()`);
  assert.deepEqual(seen, ["RangeError", 0]);
});

test("Intl formats as it does elsewhere", async () => {
  const expression = `[
    new Intl.NumberFormat("de", { style: "currency", currency: "EUR" }).format(1234.5),
    Intl.NumberFormat("en-IN").format(1234567), new Intl.PluralRules("en", { type: "ordinal" }).select(2),
    new Intl.DateTimeFormat(["de"], { timeZone: "UTC", dateStyle: "long" }).format(0),
    new Intl.Collator("sv").compare("z", "ä"), new Intl.ListFormat("en").format(["a", "b"]),
    new Intl.RelativeTimeFormat(new Intl.Locale("en")).format(-1, "day"),
    new Intl.DisplayNames("en", { type: "region" }).of("DE"), Intl.NumberFormat.supportedLocalesOf("de"),
    new Intl.Collator() instanceof Intl.Collator, Intl.Collator.name,
    new Intl.Collator().constructor.name,
  ]`;
  const run: () => unknown = new Function(`return ${expression}`).bind(null);
  assert.deepEqual(await inside(expression), run());
});

test("every clock of the realm shows the time of the turn, and it stands still", async () => {
  const seen = await inside(`(() => {
    const now = Date.now();
    const zone = Temporal.Now.timeZoneId();
    const clocks = () => [new Date().getTime(), new (class extends Date {})().getTime(),
      Reflect.construct(Date, [], Object).getTime?.() ?? now,
      new (new Date(0).constructor)().getTime(),
      Date.parse(Date()) - (now - (now % 1000)) + now, Temporal.Now.instant().epochMilliseconds,
      Temporal.Now.zonedDateTimeISO().epochMilliseconds, Date.now(),
      Temporal.Now.plainDateTimeISO().toZonedDateTime(zone).epochMilliseconds,
      Math.floor(performance.timeOrigin + performance.now())];
    const start = clocks();
    for (let i = 0; i < 3e6; i++);
    const long = { dateStyle: "long", timeStyle: "full" };
    const format = new Intl.DateTimeFormat("en", long);
    return { all: [...start, ...clocks()].every((ms) => ms === now),
      intl: format.format() === format.format(now) &&
        format.format(undefined) === format.format(now) &&
        JSON.stringify(format.formatToParts()) === JSON.stringify(format.formatToParts(now)),
      nanoseconds: Number(Temporal.Now.instant().epochNanoseconds % 1000000n) };
  })()`);
  assert.deepEqual(seen, { all: true, intl: true, nanoseconds: 0 });
});

test("Math.random differs between isolates at the top level too", async () => {
  const before = "const first = Math.random()";
  assert.notEqual(await inside("first", before), await inside("first", before));
});

test("a stack is text: no script sees the frames", async () => {
  const seen = await inside(
    `(() => {
      Error.stackTraceLimit = 1e9;
      const deep = (n) => (n === 0 ? new Error("deep") : deep(n - 1));
      return [typeof new Error().stack, typeof deep(3000).stack, asked];
    })()`,
    `let asked = 0; Error.prepareStackTrace = (_error, frames) => { asked++; return frames; };
     const holder = {}; Error.captureStackTrace(holder); void holder.stack;`,
  );
  assert.deepEqual(seen, ["string", "string", 0]);
});

/** Each object that can be reached, by its properties, prototypes and accessors. */
const WALK = `(root) => {
  const seen = new Set();
  const strange = [];
  const queue = [["globalThis", globalThis], ["argument", root]];
  const roots = [Object.prototype, Function.prototype, null];
  const visit = (path, value) => {
    if ((typeof value !== "object" && typeof value !== "function") || value === null) return;
    if (!seen.has(value)) { seen.add(value); queue.push([path, value]); }
  };
  while (queue.length > 0) {
    const [path, value] = queue.pop();
    let top = value;
    while (Object.getPrototypeOf(top) !== null) top = Object.getPrototypeOf(top);
    if (top !== Object.prototype && Object.getPrototypeOf(value) !== null) strange.push(path);
    if (typeof value === "function" && !(value instanceof Function) && value !== Function.prototype)
      strange.push(path);
    if (/\\b(Reference|ExternalCopy|Isolate|Callback|SharedArrayBuffer)\\b/.test(
      Object.prototype.toString.call(value) + " " + (typeof value === "function" ? value.name : "")))
      strange.push(path);
    visit(path + ".[[Prototype]]", Object.getPrototypeOf(value));
    for (const key of Reflect.ownKeys(value)) {
      const own = Reflect.getOwnPropertyDescriptor(value, key);
      visit(path + "." + String(key), own.value);
      visit(path + ".get " + String(key), own.get);
      visit(path + ".set " + String(key), own.set);
      if (own.get !== undefined) {
        try { visit(path + "." + String(key), value[key]); } catch {}
      }
    }
    // getters of prototypes, read on the instance
    const up = Object.getPrototypeOf;
    for (let proto = up(value); proto !== null; proto = up(proto))
      for (const key of Reflect.ownKeys(proto))
        try { visit(path + "." + String(key), value[key]); } catch {}
  }
  return { count: seen.size, strange };
}`;

test("no object of the host's can be reached from the global object, a session or the module", async () => {
  const walked = await inside(
    `(${WALK})({ session, sluice, mine: counter("n"), error, promise: new Promise(() => {}),
      text: session.request.text().catch(() => {}), timer: setTimeout(() => {}, 0) })`,
    `const sluice = globalThis.__sluice;
     const error = (() => { try { counter(""); } catch (thrown) { return thrown; } })();
     (${WALK})(globalThis.__sluice);`,
  );
  const { count, strange } = walked as { count: number; strange: string[] };
  assert.deepEqual(strange, []);
  assert.ok(count > 1000, `${count} objects were walked`);
});
