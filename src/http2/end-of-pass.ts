// What is to be done once a pass of the event loop has read all there was to read: one callback for
// all sessions of a thread, since one for each would cost more than most of them write.

export interface PassMember {
  onEndOfPass(): void;
}

export class AtEndOfPass {
  #due: PassMember[] = [];
  /** The list of the pass before, to be used again. */
  #spare: PassMember[] = [];

  /** Once for each pass; who is added meanwhile waits for the next. */
  add(member: PassMember): void {
    if (this.#due.push(member) === 1) setImmediate(this.#end);
  }

  readonly #end = (): void => {
    const due = this.#due;
    this.#due = this.#spare;
    this.#spare = [];
    let at = 0;
    try {
      while (at < due.length) due[at++]?.onEndOfPass();
    } finally {
      // one that throws does not hold up those behind it
      for (const member of due.slice(at)) this.add(member);
      due.length = 0;
      this.#spare = due;
    }
  };
}
