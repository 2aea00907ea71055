// In place of SharedArrayBuffer, which whatwg-url asks for its getters as it loads and which a
// script's realm does not have: nothing is one.

export class SharedArrayBuffer {
  get byteLength(): number {
    throw new TypeError("nothing is shared memory");
  }
  get growable(): boolean {
    throw new TypeError("nothing is shared memory");
  }
}
