// Header blocks in (RFC 7541). What a field becomes is for who reads: `make` is called when it is
// first seen, and what it makes stays in the table, so that what is checked once and repeated costs
// one look-up. Bounded by the table's size, and by who bounds the block.

import { huffmanText } from "./huffman.ts";
import { CODE, ConnectionError } from "./protocol.ts";
import { STATIC_TABLE } from "./static-table.ts";

export interface TableField {
  readonly name: string;
  /** Bytes of name and value. */
  readonly bytes: number;
}

export interface FieldSink<Field> {
  onField(field: Field): void;
}

/** What an entry takes beside its text (section 4.1). */
const ENTRY_BYTES = 32;
/** The size of the table that holds until a setting says otherwise; ours never does. */
const TABLE_BYTES = 4_096;
/** An integer in more bytes than these is none that we could use. */
const INTEGER_SHIFT_MAX = 21;

/** A block of fields that the table has is shorter; of others few come again as they are. */
const REPEATED_BYTES_MAX = 64;

const INDEXED = 0x80;
const LITERAL_INDEXED = 0x40;
const TABLE_SIZE = 0x20;
const HUFFMAN = 0x80;

export class HpackDecoder<Field extends TableField> {
  readonly #make: (name: string, value: string) => Field;
  /** Of the static table what was asked for: most connections need five of its fields. */
  readonly #static: (Field | null)[] = new Array(STATIC_TABLE.length).fill(null);
  /** The newest field is the last. Those before `#oldest` are gone. */
  #fields: Field[] = [];
  #oldest = 0;
  #bytes = 0;
  #bytesMax = TABLE_BYTES;
  /** The block before, if it comes to the same fields when it comes again; else it has no bytes. */
  readonly #before = new Uint8Array(REPEATED_BYTES_MAX);
  #beforeBytes = 0;
  /** The block has changed the table: the same numbers mean other fields. */
  #hasChanged = false;
  #block: Uint8Array = new Uint8Array(0);
  #at = 0;
  #end = 0;

  constructor(make: (name: string, value: string) => Field) {
    this.#make = make;
  }

  /** It is the block before, byte for byte, and its fields are the same: it need not be decoded. */
  isRepeated(block: Uint8Array, start: number, end: number): boolean {
    const bytes = this.#beforeBytes;
    if (bytes === 0 || end - start !== bytes) return false;
    for (let at = 0; at < bytes; at++) if (block[start + at] !== this.#before[at]) return false;
    return true;
  }

  /** Throws ConnectionError: the table is of no more use then. */
  decode(block: Uint8Array, start: number, end: number, sink: FieldSink<Field>): void {
    this.#block = block;
    this.#at = start;
    this.#end = end;
    this.#beforeBytes = 0;
    this.#hasChanged = false;
    this.#readTableSizes();
    while (this.#at < end) {
      const first = block[this.#at] ?? 0;
      if (first >= INDEXED) sink.onField(this.#fieldAt(this.#integer(7)));
      else sink.onField(this.#literal(first));
    }
    if (!this.#hasChanged) this.#remember(start, end);
  }

  #remember(start: number, end: number): void {
    const bytes = end - start;
    if (bytes > REPEATED_BYTES_MAX) return;
    for (let at = 0; at < bytes; at++) this.#before[at] = this.#block[start + at] ?? 0;
    this.#beforeBytes = bytes;
  }

  /** Only in front of the first field (section 4.2). */
  #readTableSizes(): void {
    while (this.#at < this.#end) {
      const first = this.#block[this.#at] ?? 0;
      if ((first & 0xe0) !== TABLE_SIZE) return;
      const bytesMax = this.#integer(5);
      if (bytesMax > TABLE_BYTES) throw invalid("a table larger than was offered");
      this.#hasChanged = true;
      this.#bytesMax = bytesMax;
      this.#evict(0);
    }
  }

  #literal(first: number): Field {
    const isKept = first >= LITERAL_INDEXED;
    if (!isKept && (first & 0xe0) === TABLE_SIZE) throw invalid("a table's size among fields");
    const index = this.#integer(isKept ? 6 : 4);
    const name = index === 0 ? this.#text() : this.#nameAt(index);
    const field = this.#make(name, this.#text());
    if (isKept) this.#add(field);
    return field;
  }

  #fieldAt(index: number): Field {
    const field =
      index <= STATIC_TABLE.length
        ? (this.#static[index - 1] ?? this.#makeStatic(index - 1))
        : this.#dynamicAt(index - STATIC_TABLE.length);
    if (field === undefined) throw invalid("a field that is not in the table");
    return field;
  }

  #makeStatic(at: number): Field | undefined {
    const entry = STATIC_TABLE[at];
    if (entry === undefined) return undefined;
    const field = this.#make(entry[0], entry[1]);
    this.#static[at] = field;
    return field;
  }

  #nameAt(index: number): string {
    return STATIC_TABLE[index - 1]?.[0] ?? this.#fieldAt(index).name;
  }

  #dynamicAt(fromNewest: number): Field | undefined {
    const at = this.#fields.length - fromNewest;
    return at < this.#oldest ? undefined : this.#fields[at];
  }

  /** One that is larger than the table empties it, and is no error (section 4.4). */
  #add(field: Field): void {
    const bytes = field.bytes + ENTRY_BYTES;
    this.#hasChanged = true;
    this.#evict(bytes);
    if (bytes > this.#bytesMax) return;
    this.#fields.push(field);
    this.#bytes += bytes;
  }

  #evict(bytesWanted: number): void {
    const { length } = this.#fields;
    while (this.#oldest < length && this.#bytes + bytesWanted > this.#bytesMax) {
      this.#bytes -= (this.#fields[this.#oldest]?.bytes ?? 0) + ENTRY_BYTES;
      this.#oldest++;
    }
    // what is gone is kept until it is half of all, so that it is moved once
    if (this.#oldest * 2 <= length) return;
    this.#fields = this.#fields.slice(this.#oldest);
    this.#oldest = 0;
  }

  /** With a prefix of so many bits (section 5.1). */
  #integer(prefixBits: number): number {
    const mask = (1 << prefixBits) - 1;
    let value = (this.#block[this.#at++] ?? 0) & mask;
    if (value < mask) return value;
    for (let shift = 0; shift <= INTEGER_SHIFT_MAX; shift += 7) {
      if (this.#at >= this.#end) throw invalid("an integer that is cut off");
      const byte = this.#block[this.#at++] ?? 0;
      value += (byte & 127) << shift;
      if (byte < 128) return value;
    }
    throw invalid("an integer that is too large");
  }

  #text(): string {
    if (this.#at >= this.#end) throw invalid("a text that is cut off");
    const isHuffman = ((this.#block[this.#at] ?? 0) & HUFFMAN) !== 0;
    const length = this.#integer(7);
    const start = this.#at;
    const end = start + length;
    if (end > this.#end) throw invalid("a text that is cut off");
    this.#at = end;
    if (!isHuffman) return latin1(this.#block, start, end);
    const text = huffmanText(this.#block, start, end);
    if (text === null) throw invalid("a text that is not valid Huffman code");
    return text;
  }
}

const latin1 = (bytes: Uint8Array, start: number, end: number): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString("latin1");

const invalid = (what: string): ConnectionError =>
  new ConnectionError(CODE.compressionError, `a header block with ${what}`);
