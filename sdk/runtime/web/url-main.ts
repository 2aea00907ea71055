// The entry of the URL bundle: URL and URLSearchParams from whatwg-url, the reference implementation
// of the URL standard. Evaluated after the runtime and before the script, in isolates whose script
// uses them; it takes TextEncoder and TextDecoder from the globals that the runtime has laid out.

import { URL, URLSearchParams } from "whatwg-url";

const hidden = { writable: true, enumerable: false, configurable: true };
Object.defineProperty(globalThis, "URL", { ...hidden, value: URL });
Object.defineProperty(globalThis, "URLSearchParams", { ...hidden, value: URLSearchParams });
