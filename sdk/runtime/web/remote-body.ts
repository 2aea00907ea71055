// The body of a fetch's response: it is the host's, and comes in here when it is read. Untouched it
// goes to the client without coming in at all. How the host is asked is not known here.

type Bytes = Uint8Array<ArrayBuffer>;

export interface RemoteBegin {
  /** The ask that holds it at the host. */
  readonly id: number;
  /** All of it, if it came with the head; null: the host has it. */
  readonly whole: Bytes | null;
  /** All of it, decoded, from the host. */
  readonly ask: () => Promise<Bytes>;
  /** It is read, handed on or given up: nobody can end it any more. */
  readonly done: () => void;
}

export class RemoteBody {
  readonly id: number;
  readonly #ask: () => Promise<Bytes>;
  readonly #done: () => void;
  #whole: Promise<Bytes> | null = null;
  #wasAsked = false;
  #reason: { readonly value: unknown } | null = null;
  #reject: ((reason: unknown) => void) | null = null;

  constructor({ id, whole, ask, done }: RemoteBegin) {
    this.id = id;
    this.#ask = ask;
    this.#done = done;
    if (whole !== null) this.#whole = resolved(whole);
  }

  static is(value: unknown): value is RemoteBody {
    return typeof value === "object" && value !== null && #ask in value;
  }

  /** The host has it as it came: it can pass without coming in. */
  get isUntouched(): boolean {
    return !this.#wasAsked && this.#reason === null;
  }

  /** All of it; the same bytes for all who ask. */
  read(): Promise<Bytes> {
    this.#whole ??= this.#read();
    return this.#whole;
  }

  /** Nothing of it is wanted any more: who reads it, or does so later, gets the reason. */
  cancel(reason: unknown): void {
    this.#reason ??= { value: reason };
    this.#reject?.(reason);
    this.#done();
  }

  /** It goes to the client. */
  handOn(): void {
    this.#done();
  }

  #read(): Promise<Bytes> {
    return new Promise((resolve, reject) => {
      if (this.#reason !== null) {
        reject(this.#reason.value);
        return;
      }
      this.#wasAsked = true;
      this.#reject = reject;
      void this.#settle(resolve, reject);
    });
  }

  async #settle(resolve: (bytes: Bytes) => void, reject: (reason: unknown) => void): Promise<void> {
    const ask = this.#ask;
    try {
      resolve(await ask());
    } catch (thrown) {
      reject(thrown);
    }
    this.#done();
  }
}

const resolved = async (bytes: Bytes): Promise<Bytes> => bytes;
