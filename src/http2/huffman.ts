// The Huffman code of HPACK (RFC 7541 appendix B), for reading: what we send goes without it, since
// to code it costs more time than its bytes cost on the way. A table over half bytes: the shortest
// code has five bits, so half a byte ends at most one character.

/** Bits of the code of each character, then of the end of a string. The codes follow from them. */
const CODE_BITS = [
  "13 23 28 28 28 28 28 28 28 24 30 28 28 30 28 28 28 28 28 28 28 28 30 28 28 28 28 28 28 28 28 28",
  "6 10 10 12 13 6 8 11 10 10 8 11 8 6 6 6 5 5 5 6 6 6 6 6 6 6 7 8 15 6 12 10",
  "13 6 7 7 7 7 7 7 7 7 7 7 7 7 7 7 7 7 7 7 7 7 7 7 8 7 8 13 19 13 14 6",
  "15 5 6 5 6 5 6 6 6 5 7 7 6 6 6 5 6 7 6 5 5 6 7 7 7 7 7 15 11 14 13 28",
  "20 22 20 20 22 22 22 23 22 23 23 23 23 23 24 23 24 24 22 23 24 23 23 23 23 21 22 23 22 23 23 24",
  "22 21 20 22 22 23 23 21 23 22 22 24 21 22 23 23 21 21 22 21 23 22 23 23 20 22 22 22 23 22 22 23",
  "26 26 20 19 22 23 22 25 26 26 26 27 27 26 24 25 19 21 26 27 27 26 27 24 21 21 26 26 28 27 27 27",
  "20 24 20 21 22 21 21 23 22 22 25 25 24 24 26 23 26 27 26 26 27 27 27 27 27 28 27 27 27 27 27 26",
  "30",
]
  .join(" ")
  .split(" ")
  .map(Number);

const END_OF_STRING = 256;
const ROOT = 0;
/** Of a table's entry: the next state, whether a character ends, the character. */
const STATE_BITS = 9;
const STATE_MASK = (1 << STATE_BITS) - 1;
const HAS_CHARACTER = 1 << STATE_BITS;
const CHARACTER_SHIFT = STATE_BITS + 1;
const NOTHING = -1;
/** As a child: the character 0; those behind it are below. */
const LEAF = -2;
/** Bits of the longest padding: all of them ones, as the end of a string begins. */
const PADDING_BITS_MAX = 7;

/** Children of the inner nodes, two for each; LEAF and below are characters. */
const TREE = treeOf(CODE_BITS);
const TABLE = tableOf(TREE);
const MAY_END = endsOf(TREE);

/** What is decoded of one string, at the most: eight characters of five bytes. */
let scratch = Buffer.allocUnsafeSlow(16_384);

/** The text of those bytes, latin1; null: they are not valid. */
export function huffmanText(bytes: Uint8Array, start: number, end: number): string | null {
  const most = Math.ceil(((end - start) * 8) / 5);
  if (most > scratch.length) scratch = Buffer.allocUnsafeSlow(most);
  const into = scratch;
  let state = ROOT;
  let length = 0;
  for (let at = start; at < end; at++) {
    const byte = bytes[at] ?? 0;
    let entry = TABLE[(state << 4) | (byte >> 4)] ?? NOTHING;
    if (entry === NOTHING) return null;
    if ((entry & HAS_CHARACTER) !== 0) into[length++] = entry >> CHARACTER_SHIFT;
    entry = TABLE[((entry & STATE_MASK) << 4) | (byte & 15)] ?? NOTHING;
    if (entry === NOTHING) return null;
    if ((entry & HAS_CHARACTER) !== 0) into[length++] = entry >> CHARACTER_SHIFT;
    state = entry & STATE_MASK;
  }
  return MAY_END[state] === 1 ? into.toString("latin1", 0, length) : null;
}

/** Codes of one length follow each other in the order of their characters. */
function treeOf(codeBits: readonly number[]): number[] {
  const tree = [NOTHING, NOTHING];
  const characters = [...codeBits.keys()].sort(
    (a, b) => (codeBits[a] ?? 0) - (codeBits[b] ?? 0) || a - b,
  );
  let code = 0;
  let bits = codeBits[characters[0] ?? 0] ?? 0;
  for (const character of characters) {
    const own = codeBits[character] ?? 0;
    code *= 2 ** (own - bits);
    bits = own;
    plant(tree, character, { code, bits });
    code++;
  }
  return tree;
}

/** Inner nodes are above 0: none has the root as its child. */
function plant(tree: number[], character: number, { code, bits }: Code): void {
  let node = ROOT;
  for (let bit = bits - 1; bit > 0; bit--) {
    const at = 2 * node + (Math.floor(code / 2 ** bit) % 2);
    if (tree[at] === NOTHING) {
      tree[at] = tree.length / 2;
      tree.push(NOTHING, NOTHING);
    }
    node = tree[at] ?? ROOT;
  }
  tree[2 * node + (code % 2)] = LEAF - character;
}

interface Code {
  readonly code: number;
  readonly bits: number;
}

function tableOf(tree: readonly number[]): Int32Array {
  const table = new Int32Array((tree.length / 2) * 16);
  for (let state = 0; state < tree.length / 2; state++) {
    for (let half = 0; half < 16; half++) table[(state << 4) | half] = step(tree, state, half);
  }
  return table;
}

function step(tree: readonly number[], from: number, half: number): number {
  let node = from;
  let ended = 0;
  for (let bit = 3; bit >= 0; bit--) {
    const child = tree[2 * node + ((half >> bit) & 1)] ?? NOTHING;
    if (child === NOTHING || child === LEAF - END_OF_STRING) return NOTHING;
    if (child > NOTHING) {
      node = child;
      continue;
    }
    ended = HAS_CHARACTER | ((LEAF - child) << CHARACTER_SHIFT);
    node = ROOT;
  }
  return node | ended;
}

/** The states in which a string may end: behind a character, and ones alone. */
function endsOf(tree: readonly number[]): Uint8Array {
  const ends = new Uint8Array(tree.length / 2);
  let node = ROOT;
  for (let bits = 0; bits <= PADDING_BITS_MAX && node > NOTHING; bits++) {
    ends[node] = 1;
    node = tree[2 * node + 1] ?? NOTHING;
  }
  return ends;
}
