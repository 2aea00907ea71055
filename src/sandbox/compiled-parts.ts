// What V8 has made of the runtime's own bundles, kept for the next isolate of this thread: to
// compile them is half of an isolate's start. Never of scripts, of which nothing is known: V8
// trusts what it is given here.

/** As the library takes it. */
export type CompileHow<Data> = { readonly cachedData: Data } | { readonly produceCachedData: true };

export class CompiledParts<Data> {
  /** By the object that has the bundle's text, of which there is one for each in a thread. */
  readonly #byPart = new WeakMap<object, Data>();
  readonly #isData: (value: unknown) => value is Data;

  constructor(isData: (value: unknown) => value is Data) {
    this.#isData = isData;
  }

  /** V8 compiles from the text where it cannot use what there is, and says so: that goes. */
  compile<Script extends object>(part: object, compile: (how: CompileHow<Data>) => Script): Script {
    const cachedData = this.#byPart.get(part);
    const script = compile(cachedData === undefined ? { produceCachedData: true } : { cachedData });
    const made: unknown = Reflect.get(script, "cachedData");
    if (this.#isData(made)) this.#byPart.set(part, made);
    if (Reflect.get(script, "cachedDataRejected") === true) this.#byPart.delete(part);
    return script;
  }
}
