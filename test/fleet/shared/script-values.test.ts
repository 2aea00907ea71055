// Flags and secrets from the store to the workers.

import assert from "node:assert/strict";
import { test } from "node:test";
import { pino } from "pino";
import { ValuesReader, ValuesWriter } from "../../../src/fleet/shared/script-values.ts";
import { NO_VALUES } from "../../../src/sandbox/values.ts";
import { Board } from "../../../src/state/board.ts";
import { fc } from "../../support/property.ts";

/** A store in which a tenant has one flag, and may be deleted and made again. */
class FakeStore {
  readonly tenants = new Map<string, { readonly id: string; readonly value: number }>();
  #made = 0;

  set(name: string, value: number): void {
    const id = this.tenants.get(name)?.id ?? `${name}~${++this.#made}`;
    this.tenants.set(name, { id, value });
  }

  settingTenants = async () => [...this.tenants.keys()];
  identity = async (name: string) => this.tenants.get(name)?.id ?? null;
  secretValues = async () => ({ token: "sécret" });
  flags = async (name: string) => {
    const value = this.tenants.get(name)?.value ?? 0;
    return [{ name: "rate", value, changedAtMs: 0 }];
  };
}

async function stand(names: readonly string[]) {
  const store = new FakeStore();
  for (const name of names) store.set(name, 0);
  const writer = new ValuesWriter({ store, logger: pino({ enabled: false }) });
  await writer.load();
  return { store, writer, read: () => new ValuesReader(writer.board.shared) };
}

const rateOf = (text: string): unknown => JSON.parse(text).flags.rate;

test("a worker reads of a change what has changed, and nothing of other tenants", async () => {
  const { store, writer } = await stand(["a", "b", "c"]);
  const board = new Board(writer.board.shared);
  assert.equal(board.news()?.texts.length, 3);
  store.set("b", 7);
  await writer.changed("b");
  const news = board.news();
  assert.equal(news?.isWhole, false);
  assert.deepEqual(
    news?.texts.map((text) => JSON.parse(text)[0]),
    ["b~2"],
  );
});

test("readers have what was changed last, whenever they look and however often it changes", async () => {
  const names = ["a", "b", "c"] as const;
  const steps = fc.array(
    fc.record({
      name: fc.constantFrom(...names),
      does: fc.constantFrom("set", "delete", "look", "come"),
    }),
    { maxLength: 60 },
  );
  const property = fc.asyncProperty(steps, async (drawn) => {
    const { store, writer, read } = await stand(names);
    const readers = [read()];
    const ids = new Set<string>();
    for (const [i, { name, does }] of drawn.entries()) {
      if (does === "come") readers.push(read());
      if (does === "set") store.set(name, i);
      if (does === "delete") store.tenants.delete(name);
      if (does === "set" || does === "delete") await writer.changed(name);
      if (does !== "look") continue;
      for (const { id } of store.tenants.values()) ids.add(id);
      for (const reader of readers) {
        for (const id of ids) assert.equal(reader.of(id).text, writer.of(id).text);
      }
    }
    for (const { id, value } of store.tenants.values()) {
      for (const reader of readers) assert.equal(rateOf(reader.of(id).text), value);
    }
    const gone = [...ids].filter((id) => [...store.tenants.values()].every((one) => one.id !== id));
    for (const id of gone) assert.equal(readers[0]?.of(id), NO_VALUES);
  });
  await fc.assert(property, { numRuns: 100 });
});

test("after many changes memory holds the values there are, and no more than twice as much", async () => {
  const { store, writer, read } = await stand(["a", "b"]);
  const reader = read();
  for (let i = 1; i <= 5_000; i++) {
    store.set("a", i);
    await writer.changed("a");
  }
  assert.equal(rateOf(reader.of("a~1").text), 5_000);
  assert.equal(reader.of("a~1").revision, writer.of("a~1").revision);
  assert.ok(writer.board.shared.byteLength <= 4 * 65_536, `${writer.board.shared.byteLength}`);
});
