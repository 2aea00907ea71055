// HalfSipHash-2-4 with 64 bits out: who does not know the key cannot find two texts that meet in
// one bucket. Over UTF-16 units, two a word.

/** Two words: a key, or a hash. */
export interface Words {
  low: number;
  high: number;
}

// captured: a script may replace the method, in its realm
const bound: (
  method: typeof String.prototype.charCodeAt,
) => (text: string, index: number) => number = Function.prototype.bind.bind(
  Function.prototype.call,
);
const charCodeAt = bound(String.prototype.charCodeAt);

let v0 = 0;
let v1 = 0;
let v2 = 0;
let v3 = 0;

/** Into `out`, which may be the key itself. */
export function keyedHash(key: Readonly<Words>, text: string, out: Words): void {
  v0 = key.low;
  v1 = key.high ^ 0xee;
  v2 = 0x6c796765 ^ key.low;
  v3 = 0x74656462 ^ key.high;
  const { length } = text;
  const even = length - (length % 2);
  for (let i = 0; i < even; i += 2) {
    absorb(charCodeAt(text, i) | (charCodeAt(text, i + 1) << 16));
  }
  const last = even < length ? charCodeAt(text, even) : 0;
  absorb((length << 24) | last);
  v2 ^= 0xee;
  rounds(4);
  out.low = v1 ^ v3;
  v1 ^= 0xdd;
  rounds(4);
  out.high = v1 ^ v3;
}

function absorb(word: number): void {
  v3 ^= word;
  rounds(2);
  v0 ^= word;
}

function rounds(count: number): void {
  let a = v0;
  let b = v1;
  let c = v2;
  let d = v3;
  for (let i = 0; i < count; i++) {
    a = (a + b) | 0;
    b = (b << 5) | (b >>> 27);
    b ^= a;
    a = (a << 16) | (a >>> 16);
    c = (c + d) | 0;
    d = (d << 8) | (d >>> 24);
    d ^= c;
    a = (a + d) | 0;
    d = (d << 7) | (d >>> 25);
    d ^= a;
    c = (c + b) | 0;
    b = (b << 13) | (b >>> 19);
    b ^= c;
    c = (c << 16) | (c >>> 16);
  }
  v0 = a;
  v1 = b;
  v2 = c;
  v3 = d;
}
