// Keys as text: JWKs that are wrapped, which are JSON in UTF-8.

import { encodeUtf8, Utf8Decoder } from "../web/utf8.ts";

export const textAsBytes = (text: string): Uint8Array<ArrayBuffer> => encodeUtf8(text);

export const textOfBytes = (bytes: Uint8Array): string => new Utf8Decoder(true).decode(bytes, true);
