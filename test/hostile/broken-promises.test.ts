// A script that breaks promises, by which the runtime knows whose code goes on: what it breaks is
// its own attribution. No call hangs or is answered with another's, and its neighbour notices
// nothing.

import assert from "node:assert/strict";
import { test } from "node:test";
import { CHAIN } from "../../src/phases/table.ts";
import { answerText, LaneStand } from "../sandbox/lane-stand.ts";

const HOOKS = `
  async requestFilter({ request: { target } }) {
    if (target === "/opens") { open(); return new Response(target); }
    await gate;
    await new Promise((done) => setTimeout(done, 1));
    return new Response(target);
  }`;

const GATE = `
  const { promise: gate, resolve: open } = Promise.withResolvers();
`;

/** Statements that run before the first request. */
const BREAKS: Readonly<Record<string, string>> = {
  "Promise.prototype.then throws": "Promise.prototype.then = () => { throw new Error('broken'); };",
  "Promise.prototype.then does nothing": "Promise.prototype.then = () => {};",
  "Promise.resolve and its kin throw":
    "for (const key of ['resolve', 'reject', 'all', 'withResolvers']) Promise[key] = () => { throw 1; };",
  "the species is another class": `class Own extends Promise {}
    Object.defineProperty(Promise, Symbol.species, { get: () => Own });`,
  "the species keeps what it is given": `
    Object.defineProperty(Promise, Symbol.species, { get: () => function Own(run) {
      kept.push(this); run((value) => kept.push(value), (value) => kept.push(value));
    } });`,
  "what the species is given is called again and again": `
    Object.defineProperty(Promise, Symbol.species, { get: () => function Own(run) {
      run((value) => {
        if (typeof value?.then === "function") {
          for (let i = 0; i < 100; i++) value.then(() => { throw 1; }, () => { throw 2; });
          value.next = value;
        }
      }, () => {});
    } });`,
  "the constructor of promises is another": `Promise.prototype.constructor = function Own(run) {
      run(() => {}, () => {});
    };`,
  "the constructor of promises throws": `Object.defineProperty(Promise.prototype, "constructor", {
      get() { throw new Error("broken"); } });`,
  "every object has a then": `Object.defineProperty(Object.prototype, "then", {
      configurable: true, get() { throw new Error("broken"); } });`,
  "the methods of generators throw": `
    const generators = Object.getPrototypeOf((async function* () {}).prototype);
    for (const key of ["next", "return", "throw"]) generators[key] = () => { throw 1; };`,
  "the global object has no Promise": "globalThis.Promise = undefined;",
};

for (const [title, statements] of Object.entries(BREAKS)) {
  test(`where ${title}, every call ends, and no neighbour notices`, async () => {
    using neighbour = new LaneStand(HOOKS, { before: GATE });
    using broken = new LaneStand(HOOKS, {
      before: `${GATE} const kept = []; ${statements}`,
      hookWallMs: 300,
    });
    const targets = ["/a", "/b", "/opens"];
    const outcomes = await Promise.all(
      targets.map((target) => broken.run(broken.exchange(target), CHAIN.request)),
    );
    for (const [i, outcome] of outcomes.entries()) {
      if (outcome.error === null) assert.equal(answerText(outcome), targets[i]);
      else assert.match(outcome.error.code, /^script_(?:error|timeout|result|lost)$/);
    }
    const others = await Promise.all(
      targets.map((target) => neighbour.run(neighbour.exchange(target), CHAIN.request)),
    );
    assert.deepEqual(others.map(answerText), targets);
  });
}
