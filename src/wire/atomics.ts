// Atomic access to the memory that an isolate shares with its host, captured before the realm of a
// script loses it. Declared here alone: that realm has neither `Atomics` nor `SharedArrayBuffer`,
// so its types have neither.

type Words = Int32Array | BigInt64Array;
type WordOf<T extends Words> = T extends BigInt64Array ? bigint : number;

// biome-ignore lint/suspicious/noShadowRestrictedNames: the types of a script's realm have none
declare const Atomics: {
  add(words: BigInt64Array, at: number, value: bigint): bigint;
  compareExchange(words: BigInt64Array, at: number, expected: bigint, next: bigint): bigint;
  load(words: BigInt64Array, at: number): bigint;
  store<T extends Words>(words: T, at: number, value: WordOf<T>): WordOf<T>;
};

export const atomicAdd = Atomics.add;
export const atomicCompareExchange = Atomics.compareExchange;
export const atomicLoad = Atomics.load;
export const atomicStore = Atomics.store;
