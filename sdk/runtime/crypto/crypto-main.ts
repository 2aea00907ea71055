// The entry of the part that brings `crypto`, evaluated after the kernel in the isolates of scripts
// that name it.

import { countArguments, define, installClasses } from "../web/lay-out.ts";
import { Crypto, crypto } from "./crypto.ts";
import { CryptoKey } from "./key.ts";
import { SubtleCrypto } from "./subtle.ts";

const CLASSES = { Crypto, CryptoKey, SubtleCrypto };
countArguments(CLASSES);
installClasses(globalThis, CLASSES);
define(globalThis, "crypto", crypto);
