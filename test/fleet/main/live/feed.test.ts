// Which revision of the store is served, whatever the order in which changes are told of and go
// live.

import assert from "node:assert/strict";
import { test } from "node:test";
import type { StoreNews } from "../../../../src/control/store/steps.ts";
import { expectNotOlder, Feed, NO_REVISION } from "../../../../src/fleet/main/live/feed.ts";
import { ServeError } from "../../../../src/fleet/shared/start-errors.ts";
import { fc } from "../../../support/property.ts";

const at = (number: number) => ({ number, lineage: "one" });

/** A store to which others write too, and a proxy that reads it at once unless it cannot. */
function stand(first = 5) {
  const store = { number: first, revision: async () => at(store.number) };
  const read: number[] = [];
  let canRead = true;
  const feed: Feed = new Feed({
    first: at(first),
    store,
    readAgain: async (revision) => {
      read.push(revision);
      if (canRead) feed.reached(store.number);
    },
  });
  const stored = () => feed.begin(++store.number);
  const cannotRead = (): void => {
    canRead = false;
  };
  return { store, feed, read, stored, cannotRead };
}

test("a revision is served once its change is live, and all before it are", () => {
  const { feed, stored, read } = stand();
  const [six, seven] = [stored(), stored()];
  assert.deepEqual([feed.revision, feed.stored], [5, 7]);
  seven[Symbol.dispose]();
  assert.equal(feed.revision, 5, "the one before it is not live yet");
  six[Symbol.dispose]();
  assert.deepEqual([feed.revision, read], [7, []]);
  feed.begin(null)[Symbol.dispose]();
  assert.equal(feed.revision, 7, "nothing was stored");
});

test("a revision of which nobody told is somebody else's: the store is read again", async () => {
  const { store, feed, stored, read } = stand();
  store.number = 7;
  stored()[Symbol.dispose]();
  assert.deepEqual([feed.revision, read], [8, [7]]);
  store.number = 9;
  await feed.look();
  await feed.look();
  assert.deepEqual([feed.revision, read], [9, [7, 9]], "once");
});

test("what a store says whose history is another one is served, though its number is lower", async () => {
  const told: ((news: StoreNews) => void)[] = [];
  const store = { number: 7, revision: async () => at(store.number) };
  const read: unknown[] = [];
  const feed: Feed = new Feed({
    first: at(7),
    store: { ...store, revision: store.revision, watch: (tell) => void told.push(tell) },
    readAgain: async (revision, news) => {
      read.push([revision, news?.isReplaced, feed.revision]);
      feed.reached(store.number);
    },
  });
  store.number = 5;
  told[0]?.({ isBack: false, isReplaced: true });
  await new Promise(setImmediate);
  assert.deepEqual(read, [[5, true, 4]], "until it is read, nothing of it is served");
  assert.deepEqual([feed.revision, feed.stored], [5, 5]);
  feed.begin(6)[Symbol.dispose]();
  assert.deepEqual([feed.revision, read.length], [6, 1], "the next one is its own");
});

test("what could not be read is not served, and is read when somebody looks again", async () => {
  const { store, feed, stored, read, cannotRead } = stand();
  cannotRead();
  store.number = 6;
  await feed.look();
  const own = stored();
  own[Symbol.dispose]();
  assert.deepEqual([feed.revision, feed.stored, read], [5, 7, [6]]);
  feed.reached(5);
  assert.equal(feed.revision, 5, "it was read before that");
  await feed.look();
  feed.reached(6);
  assert.deepEqual([feed.revision, read], [7, [6, 6]]);
});

test("what was stored meanwhile by others is not served by a reading from before", async () => {
  const { store, feed, stored, cannotRead } = stand();
  cannotRead();
  store.number = 6;
  await feed.look();
  store.number = 8;
  stored()[Symbol.dispose]();
  feed.reached(6);
  assert.equal(feed.revision, 6);
  feed.reached(8);
  assert.equal(feed.revision, 9);
});

test("it never says that it serves what it does not, and in the end it serves all", () => {
  const step = fc.constantFrom("own", "others", "live", "read");
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      const { store, feed, cannotRead } = stand(0);
      cannotRead();
      const waiting = new Map<number, Disposable>();
      const unread = new Set<number>();
      const firstUnserved = () => Math.min(store.number + 1, ...waiting.keys(), ...unread);
      const act = (what: (typeof steps)[number]): void => {
        const [number, one] = [...waiting].at(-1) ?? [];
        if (what === "own") waiting.set(++store.number, feed.begin(store.number));
        else if (what === "others") unread.add(++store.number);
        else if (what === "read") {
          feed.reached(store.number);
          unread.clear();
        } else if (number !== undefined) {
          one?.[Symbol.dispose]();
          waiting.delete(number);
        }
      };
      let before = 0;
      for (const what of steps) {
        act(what);
        assert.ok(feed.revision < firstUnserved() && feed.revision >= before);
        before = feed.revision;
      }
      while (waiting.size > 0) act("live");
      act("read");
      assert.equal(feed.revision, store.number);
    }),
  );
});

test("without a store there is nothing to look at", async () => {
  const feed = new Feed({ first: NO_REVISION, store: null, readAgain: () => assert.fail() });
  await feed.look();
  assert.deepEqual([feed.revision, feed.served], [0, NO_REVISION]);
});

test("a successor takes over with the same store or another one, not with an older copy", () => {
  expectNotOlder(null, at(3));
  expectNotOlder(at(3), at(3));
  expectNotOlder(at(3), at(4));
  expectNotOlder(at(3), { number: 1, lineage: "another" });
  expectNotOlder(at(3), NO_REVISION);
  assert.throws(() => expectNotOlder(at(3), at(2)), ServeError);
});
