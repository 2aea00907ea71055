// The entry of the part that brings `crypto`, evaluated after the kernel in the isolates of scripts
// that name it.

import { countArguments, define, installClasses } from "../web/lay-out.ts";
import { Crypto, crypto } from "./crypto.ts";
import { CryptoKey } from "./key.ts";
import { SubtleCrypto } from "./subtle.ts";

installClasses(globalThis, { Crypto, CryptoKey, SubtleCrypto });
countArguments("Crypto", Crypto.prototype, { getRandomValues: 1 });
countArguments("SubtleCrypto", SubtleCrypto.prototype, { timingSafeEqual: 2 });
define(globalThis, "crypto", crypto);
