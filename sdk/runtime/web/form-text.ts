// FormData as a body: multipart/form-data (RFC 7578) out and in, and
// application/x-www-form-urlencoded in.

import { type Blob, blobOfType, bytesOfBlob, File } from "./blob.ts";
import { FormData } from "./form-data.ts";
import { joinBytes } from "./join-bytes.ts";
import { mimeTypeOf, textOfMimeType } from "./mime-type.ts";
import { pairsOf } from "./url-pairs.ts";
import { bytesOfLatin1, encodeUtf8, latin1OfBytes, Utf8Decoder } from "./utf8.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/** Parts of one form: each is a search of what is left. */
const PARTS_MAX = 10_000;

export function multipartOf(form: FormData, boundary: string): Bytes {
  const pieces: Bytes[] = [];
  for (const [name, value] of form) {
    const head = `--${boundary}\r\nContent-Disposition: form-data; name="${escaped(name)}"`;
    if (typeof value === "string") {
      pieces.push(encodeUtf8(`${head}\r\n\r\n${value.replace(/\r\n?|\n/g, "\r\n")}\r\n`));
      continue;
    }
    const type = value.type === "" ? "application/octet-stream" : value.type;
    const more = `; filename="${escaped(value.name)}"\r\nContent-Type: ${type}\r\n\r\n`;
    pieces.push(encodeUtf8(head + more), bytesOfBlob(value) ?? new Uint8Array(0), CRLF);
  }
  pieces.push(encodeUtf8(`--${boundary}--\r\n`));
  return joinBytes(
    pieces,
    pieces.reduce((sum, piece) => sum + piece.length, 0),
  );
}

const CRLF = new Uint8Array([13, 10]);

const escaped = (text: string): string =>
  text
    .replace(/\r\n?|\n/g, "\r\n")
    .replace(/\r/g, "%0D")
    .replace(/\n/g, "%0A")
    .replace(/"/g, "%22");

export function formOf(bytes: Bytes, contentType: string): FormData {
  const type = mimeTypeOf(contentType);
  if (type?.essence === "application/x-www-form-urlencoded") return formOfPairs(utf8(bytes));
  const boundary = type?.parameters.get("boundary");
  if (type?.essence !== "multipart/form-data" || boundary === undefined) {
    throw new TypeError(`Cannot read a form: it is ${contentType || "of no content type"}`);
  }
  return formOfParts(latin1OfBytes(bytes), boundary);
}

const utf8 = (bytes: Uint8Array): string => new Utf8Decoder(false).decode(bytes, true);

function formOfPairs(text: string): FormData {
  const form = new FormData();
  for (const [name, value] of pairsOf(text)) form.append(name, value);
  return form;
}

const broken = (): TypeError => new TypeError("Cannot read a form: the body is no form data");

/** @param text  a character for each byte */
function formOfParts(text: string, boundary: string): FormData {
  const form = new FormData();
  const mark = `--${boundary}`;
  if (!text.startsWith(mark)) throw broken();
  let at = mark.length;
  for (let count = 0; !text.startsWith("--", at); count++) {
    if (count === PARTS_MAX || !text.startsWith("\r\n", at)) throw broken();
    const bodyAt = text.indexOf("\r\n\r\n", at);
    const end = bodyAt === -1 ? -1 : text.indexOf(`\r\n${mark}`, bodyAt + 2);
    if (end === -1) throw broken();
    addPart(form, text.slice(at + 2, bodyAt), text.slice(bodyAt + 4, end));
    at = end + 2 + mark.length;
  }
  return form;
}

function addPart(form: FormData, head: string, body: string): void {
  const fields = utf8(bytesOfLatin1(head));
  const [, disposition = ""] = /^content-disposition:\s*form-data\s*;(.*)$/im.exec(fields) ?? [];
  const [, name] = /(?:^|;)\s*name="([^"]*)"/.exec(disposition) ?? [];
  if (name === undefined) throw broken();
  const [, fileName] = /;\s*filename="([^"]*)"/.exec(disposition) ?? [];
  const bytes = bytesOfLatin1(body);
  if (fileName === undefined) {
    form.append(unescaped(name), utf8(bytes));
    return;
  }
  const [, type = "text/plain"] = /^content-type:\s*(.*?)\s*$/im.exec(fields) ?? [];
  form.append(unescaped(name), new File([bytes], unescaped(fileName), { type }));
}

const unescaped = (text: string): string =>
  text.replace(/%0D/g, "\r").replace(/%0A/g, "\n").replace(/%22/g, '"');

export function blobOf(bytes: Bytes, contentType: string): Blob {
  const type = mimeTypeOf(contentType);
  return blobOfType(bytes, type === null ? "" : textOfMimeType(type));
}
