// Many tenants in one change over the admin API: all or nothing, and all that is wrong at once.

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { ApiStand, fieldsOf, settings } from "./stand.ts";

const hostsOf = (stand: ApiStand) =>
  Object.fromEntries(stand.live.tenants().map(({ config }) => [config.name, config.hosts.join()]));

const apply = (stand: ApiStand, body: object) => stand.call("POST", "/v1/apply", { body });

async function withTwo(): Promise<{ stand: ApiStand; revisions: Record<string, number> }> {
  const stand = await ApiStand.start();
  const one = (await stand.make("one")).json().revision;
  const two = (await stand.make("two")).json().revision;
  return { stand, revisions: { one: Number(one), two: Number(two) } };
}

describe("an apply", () => {
  it("makes, changes and deletes in one change, and moves and swaps hosts", async () => {
    const { stand, revisions } = await withTwo();
    await using _ = stand;
    const swapped = await apply(stand, {
      tenants: { one: settings("two.example.com"), two: settings("one.example.com") },
      revisions,
    });
    assert.equal(swapped.status, 200, swapped.text);
    assert.partialDeepStrictEqual(hostsOf(stand), {
      one: "two.example.com",
      two: "one.example.com",
    });
    const moved = await apply(stand, {
      tenants: { one: null, two: settings("three.example.com"), four: settings("one.example.com") },
    });
    assert.partialDeepStrictEqual(moved.json(), {
      applied: true,
      changes: [
        { tenant: "one", does: "delete", revision: null },
        { tenant: "two", does: "change" },
        { tenant: "four", does: "create" },
      ],
    });
    const { filed: _filed, ...own } = hostsOf(stand);
    assert.deepEqual(own, { two: "three.example.com", four: "one.example.com" });
    const stored = await stand.store.tenants();
    assert.deepEqual(stored.map(({ name }) => name).sort(), ["four", "two"]);
  });

  it("changes nothing if anything is wrong, and says all that is, by tenant and field", async () => {
    const { stand, revisions } = await withTwo();
    await using _ = stand;
    const before = [hostsOf(stand), await stand.store.tenants()];
    const refused = await apply(stand, {
      tenants: {
        one: settings("filed.example.com", "fine.example.com"),
        two: settings("two.example.org"),
        filed: settings("filed.example.org"),
        "no name": settings("x.example"),
        three: { ...settings("shared.example"), limits: { hookMs: 1, memoryMiB: 1 } },
        four: settings("shared.example"),
        gone: null,
      },
      revisions: { ...revisions, two: 1_000 },
    });
    assert.equal(refused.status, 422);
    assert.deepEqual(fieldsOf(refused), [
      'tenants["no name"]',
      "tenants.three.limits.hookMs",
      "tenants.three.limits.memoryMiB",
      "tenants.one.hosts[0]",
      "tenants.two",
      "tenants.filed",
      "tenants.gone",
    ]);
    assert.match(refused.json().detail ?? "", /^Nothing changed, because of tenant /);
    assert.match(
      refused.text,
      /expected revision 1000, but it is \d+: somebody else has changed it/,
    );
    assert.deepEqual([hostsOf(stand), await stand.store.tenants()], before);
    const strange = await apply(stand, { tenants: {}, revisions: { one: 1 } });
    assert.deepEqual([strange.status, fieldsOf(strange)], [422, ["revisions.one"]]);
  });

  it("is refused for what is taken, in the file, missing or was changed meanwhile", async () => {
    const { stand, revisions } = await withTwo();
    await using _ = stand;
    for (const [status, body] of [
      [409, { tenants: { one: settings("filed.example.com") } }],
      [409, { tenants: { one: settings("s.example"), three: settings("s.example") } }],
      [409, { tenants: { filed: settings("x.example") } }],
      [404, { tenants: { gone: null } }],
      [412, { tenants: { one: null }, revisions: { one: 1_000 } }],
      [412, { tenants: { one: settings("x.example") }, revisions: { one: 0 } }],
      [412, { tenants: { three: settings("x.example") }, revisions: { three: revisions.one } }],
    ] as const) {
      const refused = await apply(stand, body);
      assert.equal(refused.status, status, refused.text);
    }
    assert.equal((await stand.store.tenants()).length, 2);
  });

  it("as a dry run is refused for the same, and changes nothing", async () => {
    const { stand, revisions } = await withTwo();
    await using _ = stand;
    const before = [hostsOf(stand), await stand.store.tenants()];
    const tenants = { one: settings("new.example"), two: null };
    const could = await apply(stand, { tenants, revisions, dryRun: true });
    assert.equal(could.status, 200, could.text);
    assert.deepEqual(could.json(), {
      applied: false,
      changes: [
        { tenant: "one", does: "change", revision: null },
        { tenant: "two", does: "delete", revision: null },
      ],
    });
    const taken = { one: settings("filed.example.com") };
    assert.equal((await apply(stand, { tenants: taken, dryRun: true })).status, 409);
    const problems = ["main.ts:1:1: x is not defined"];
    stand.live.refusal = { ok: false, step: "prepare", isTimeout: false, problems };
    assert.equal((await apply(stand, { tenants, revisions, dryRun: true })).status, 422);
    assert.deepEqual([hostsOf(stand), await stand.store.tenants()], before);
  });

  it("is for operators", async () => {
    const { stand } = await withTwo();
    await using _ = stand;
    const token = await stand.token("deployer", null);
    const refused = await stand.call("POST", "/v1/apply", { body: { tenants: {} }, token });
    assert.equal(refused.status, 403);
  });
});
