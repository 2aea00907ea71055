// The entry of the URL bundle: URL and URLSearchParams from whatwg-url, the reference
// implementation of the URL standard. Evaluated after the runtime and before the script, in
// isolates whose script uses them; it takes TextEncoder and TextDecoder from the globals that the
// runtime has laid out.

import { URL, URLSearchParams } from "whatwg-url";

install("URL", URL);
install("URLSearchParams", URLSearchParams);

/** The name is set anew, because the bundler renames what would hide a global. */
function install(name: string, value: object): void {
  Object.defineProperty(value, "name", { value: name, configurable: true });
  const hidden = { writable: true, enumerable: false, configurable: true };
  Object.defineProperty(globalThis, name, { ...hidden, value });
}
