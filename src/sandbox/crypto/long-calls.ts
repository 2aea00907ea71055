// What takes longer than a hook may hold up its thread: PBKDF2 with many rounds, and pairs of RSA
// keys. Each is done in libuv's pool, which has four threads for names, files and compression too;
// so a thread of ours has one such job there at a time, and lanes take turns. None can be ended.

import { generateKeyPair, pbkdf2 } from "node:crypto";
import { ASK } from "../../wire/asks.ts";
import { CRYPTO_LIMITS, HASH_BITS, RSA_EXPONENTS } from "../../wire/crypto.ts";
import type { GiveAnswer, HostAsk, HostCall } from "../host-call.ts";
import type { HostCallKind, HostCallTable } from "../host-call-table.ts";
import { hashOf } from "./crypto-call.ts";

type Done = (error: Error | null, bytes: Buffer, words: readonly (string | number)[]) => void;
type Work = (done: Done) => void;

class Job implements HostCall {
  readonly #work: Work;
  readonly #answer: GiveAnswer;
  #isOver = false;

  constructor(work: Work, answer: GiveAnswer) {
    this.#work = work;
    this.#answer = answer;
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  close(): void {
    this.#isOver = true;
  }

  /** What it has cost is told even where it failed. */
  run(next: () => void): void {
    const startMs = performance.now();
    this.#work((error, bytes, words) => {
      const ms = Math.ceil(performance.now() - startMs);
      const text = error === null ? [ms, ...words] : [ms, "it failed"];
      this.#answer({ ok: error === null, text: `${text.join("|")}|`, bytes });
      next();
    });
  }
}

/** Of this thread: lanes that have jobs, in the order of their turns. */
const lanes: Job[][] = [];
let isBusy = false;

function add(own: Job[], job: Job): void {
  own.push(job);
  if (!lanes.includes(own)) lanes.push(own);
  if (!isBusy) begin();
}

function begin(): void {
  isBusy = false;
  for (let own = lanes.shift(); own !== undefined; own = lanes.shift()) {
    const job = own.shift();
    if (own.length > 0) lanes.push(own);
    if (job === undefined || job.isOver) continue;
    isBusy = true;
    job.run(begin);
    return;
  }
}

/** For one lane. */
export function longCalls(): HostCallTable {
  const own: Job[] = [];
  const kind = (workOf: (ask: HostAsk) => Work | null): HostCallKind => ({
    acts: () => false,
    waitsForClient: false,
    start(_call, ask, answer) {
      const work = workOf(ask);
      if (work === null) return null;
      const job = new Job(work, answer);
      add(own, job);
      return job;
    },
  });
  return { [ASK.pbkdf2]: kind(derivation), [ASK.rsaPair]: kind(rsaPair) };
}

const NONE = Buffer.alloc(0);

/** hash, bytes, rounds, length of the key, length of the salt; key and salt, end to end */
function derivation({ text, bytes }: HostAsk): Work | null {
  const [, hash = "", length = 0, rounds = 0, key = 0, salt = 0] = PBKDF2.exec(text) ?? [];
  const [size, count] = [Number(length), Number(rounds)];
  const blocks = Math.ceil((size * 8) / (HASH_BITS[hash] ?? 1));
  if (size === 0 || size > CRYPTO_LIMITS.derivedBytes || count === 0) return null;
  if (count * blocks > CRYPTO_LIMITS.rounds) return null;
  const given = bytes ?? NONE;
  const [cut, end] = [Number(key), Number(key) + Number(salt)];
  if (given.length !== end) return null;
  const [password, salted] = [given.subarray(0, cut), given.subarray(cut)];
  const name = hashOf(hash);
  return (done) => pbkdf2(password, salted, count, size, name, (e, key) => done(e, key, []));
}

const PBKDF2 = /^(SHA-(?:1|256|384|512))\|(\d{1,5})\|(\d{1,7})\|(\d{1,7})\|(\d{1,7})\|$/;

/** bits, exponent. SPKI and PKCS #8, end to end, and the length of the first. */
function rsaPair({ text }: HostAsk): Work | null {
  const [, bits = 0, exponent = 0] = RSA_PAIR.exec(text) ?? [];
  const [modulusLength, publicExponent] = [Number(bits), Number(exponent)];
  const { rsaBits, rsaBitsMax } = CRYPTO_LIMITS;
  if (modulusLength < rsaBits || modulusLength > rsaBitsMax) return null;
  if (!RSA_EXPONENTS.some((known) => known === publicExponent)) return null;
  const options = {
    ...{ modulusLength, publicExponent },
    publicKeyEncoding: { type: "spki", format: "der" },
    privateKeyEncoding: { type: "pkcs8", format: "der" },
  } as const;
  return (done) =>
    generateKeyPair("rsa", options, (error, shown, hidden) => {
      if (error !== null) done(error, NONE, []);
      else done(null, Buffer.concat([shown, hidden]), [shown.length]);
    });
}

const RSA_PAIR = /^(\d{4})\|(\d{1,5})\|$/;
