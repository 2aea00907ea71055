// AES in its modes, and RSA-OAEP.

import {
  type CipherGCMTypes,
  constants,
  createCipheriv,
  createDecipheriv,
  privateDecrypt,
  publicEncrypt,
} from "node:crypto";
import { type CryptoCall, count, hashOf, type Operation, part, word } from "./crypto-call.ts";
import { CryptoFault } from "./crypto-fault.ts";

const failed = (): CryptoFault => new CryptoFault("OperationError", "the operation failed");

/** Bits of the key, which decide on the variant. */
function bitsOf(key: Buffer): string {
  if (key.length === 16 || key.length === 24 || key.length === 32) return `${key.length * 8}`;
  throw new CryptoFault("OperationError", "expected a key of 128, 192 or 256 bits");
}

/** key, iv, additional data, data; bytes of the tag */
const gcm =
  (isToEncrypt: boolean): Operation =>
  (call) => {
    const [key, iv, more, data] = [part(call, 0), part(call, 1), part(call, 2), part(call, 3)];
    const authTagLength = count(call, 0, 16);
    const name = `aes-${bitsOf(key)}-gcm` as CipherGCMTypes;
    if (isToEncrypt) {
      const cipher = createCipheriv(name, key, iv, { authTagLength });
      cipher.setAAD(more);
      return Buffer.concat([cipher.update(data), cipher.final(), cipher.getAuthTag()]);
    }
    const end = data.length - authTagLength;
    if (end < 0) throw failed();
    const decipher = createDecipheriv(name, key, iv, { authTagLength });
    decipher.setAAD(more);
    decipher.setAuthTag(data.subarray(end));
    return Buffer.concat([decipher.update(data.subarray(0, end)), decipher.final()]);
  };

/** key, iv, data */
const cbc =
  (isToEncrypt: boolean): Operation =>
  (call) => {
    const [key, iv, data] = [part(call, 0), part(call, 1), part(call, 2)];
    const name = `aes-${bitsOf(key)}-cbc`;
    const cipher = isToEncrypt ? createCipheriv(name, key, iv) : createDecipheriv(name, key, iv);
    return Buffer.concat([cipher.update(data), cipher.final()]);
  };

const BLOCK = 16;

/**
 * key, counter block, data; bits of the block that count. The library counts with all 128: where
 * ours begin anew, the data is cut, and the other bits stay as they are.
 */
const ctr: Operation = (call) => {
  const [key, block, data] = [part(call, 0), part(call, 1), part(call, 2)];
  const bits = count(call, 0, 128);
  const size = 1n << BigInt(bits);
  const blocks = BigInt(Math.ceil(data.length / BLOCK));
  if (block.length !== BLOCK || bits === 0 || blocks > size) throw failed();
  const initial = BigInt(`0x${block.toString("hex")}`);
  const untilAnew = size - (initial % size);
  if (blocks <= untilAnew) return counted(key, block, data);
  const cut = Number(untilAnew) * BLOCK;
  const anew = (initial - (initial % size)).toString(16).padStart(2 * BLOCK, "0");
  const rest = counted(key, Buffer.from(anew, "hex"), data.subarray(cut));
  return Buffer.concat([counted(key, block, data.subarray(0, cut)), rest]);
};

function counted(key: Buffer, block: Buffer, data: Buffer): Buffer {
  const cipher = createCipheriv(`aes-${bitsOf(key)}-ctr`, key, block);
  return Buffer.concat([cipher.update(data), cipher.final()]);
}

/** RFC 3394, 2.2.3.1 */
const WRAP_IV = Buffer.alloc(8, 0xa6);

/** key, data */
const keyWrap =
  (isToWrap: boolean): Operation =>
  (call) => {
    const [key, data] = [part(call, 0), part(call, 1)];
    const name = `id-aes${bitsOf(key)}-wrap`;
    const cipher = isToWrap
      ? createCipheriv(name, key, WRAP_IV)
      : createDecipheriv(name, key, WRAP_IV);
    return Buffer.concat([cipher.update(data), cipher.final()]);
  };

/** hash; key, label, data */
const oaep = (call: CryptoCall) => ({
  oaepHash: hashOf(word(call, 0)),
  oaepLabel: part(call, 1),
  padding: constants.RSA_PKCS1_OAEP_PADDING,
});

export const CIPHERS: Readonly<Record<string, Operation>> = {
  "encrypt AES-GCM": gcm(true),
  "decrypt AES-GCM": gcm(false),
  "encrypt AES-CBC": cbc(true),
  "decrypt AES-CBC": cbc(false),
  "encrypt AES-CTR": ctr,
  "decrypt AES-CTR": ctr,
  "encrypt AES-KW": keyWrap(true),
  "decrypt AES-KW": keyWrap(false),
  "encrypt RSA-OAEP": (call) =>
    publicEncrypt({ key: call.keys.public("RSA", part(call, 0)), ...oaep(call) }, part(call, 2)),
  "decrypt RSA-OAEP": (call) =>
    privateDecrypt({ key: call.keys.private("RSA", part(call, 0)), ...oaep(call) }, part(call, 2)),
};
