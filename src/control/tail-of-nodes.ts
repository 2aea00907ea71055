// The live tail of all proxies that share the store, for one reader of this one: its own events,
// and those of each of the others as they come in. One that does not answer is named, and tried
// again; it holds nobody up.
//
// What a reader has not taken yet is not read on from the others: each of them has its own bound,
// and says how many lines it dropped.

import { CLUSTER_LIMITS } from "../base/cluster-limits.ts";
import { LIMITS } from "../base/limits.ts";
import { within } from "../base/within.ts";
import type { Node } from "./nodes.ts";
import { type OtherNodes, type Question, reasonOf, silenceOf } from "./other-nodes.ts";
import type { TailReader } from "./tail-source.ts";

export interface TailOfNodesOptions {
  readonly others: OtherNodes;
  /** Those that are meant, as known at the beginning. */
  readonly all: readonly Node[];
  /** Id of the only one that is meant; null: all are, those that come later too. */
  readonly only: string | null;
  /** For the tail of one of them alone. */
  readonly question: Question;
  readonly reader: TailReader;
}

export class TailOfNodes {
  readonly #options: TailOfNodesOptions;
  readonly #stop = new AbortController();
  readonly #stopped: Promise<void>;
  /** By id: those whose events come in, or that are being asked for them. */
  readonly #open = new Map<string, "asked" | "read">();
  /** By id: what the reader was told of them last. */
  readonly #told = new Map<string, string>();
  /** What it was told, and has not taken. */
  #untaken = 0;
  readonly #own: string;

  constructor(options: TailOfNodesOptions) {
    this.#options = options;
    this.#own = options.all.find(({ id }) => id === options.others.id)?.name ?? "";
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#stopped = promise;
    this.#stop.signal.addEventListener("abort", () => resolve());
  }

  /** The reader, as this proxy's own tail has it. */
  get local(): TailReader {
    const { reader } = this.#options;
    return {
      mayRead: () => reader.mayRead(),
      write: (events, taken) => reader.write(named(events, this.#own), taken),
      end: () => {
        this.close();
        reader.end();
      },
    };
  }

  /** Resolves when all that answer in time do, so that what happens from then on is seen. */
  async open(): Promise<void> {
    const { others, all } = this.#options;
    await within(CLUSTER_LIMITS.askMs, this.#look(all));
    const look = async (): Promise<void> => this.#look(await others.list());
    const timer = setInterval(() => void look(), CLUSTER_LIMITS.tailLookMs).unref();
    void this.#stopped.then(() => clearInterval(timer));
  }

  close(): void {
    this.#stop.abort();
  }

  async #look(all: readonly Node[]): Promise<void> {
    const { others, only } = this.#options;
    const asked = all.filter(({ id }) => id !== others.id && (only === null || id === only));
    const fresh = asked.filter(({ id }) => !this.#open.has(id));
    for (const node of asked) {
      // one that was stopped holds its connection, and goes on when it wakes
      if (this.#open.get(node.id) === "read") this.#tell(node, silenceOf(node));
    }
    const room = CLUSTER_LIMITS.tailNodes - this.#open.size;
    for (const node of fresh.slice(room)) this.#tell(node, "there are more than one tail reads");
    await Promise.all(fresh.slice(0, room).map((node) => this.#begin(node)));
  }

  /** Resolves when its events come in, or it is known why they do not. */
  async #begin(node: Node): Promise<void> {
    const { others, question } = this.#options;
    this.#open.set(node.id, "asked");
    try {
      const stream = await others.stream(node, question, this.#stop.signal);
      this.#open.set(node.id, "read");
      this.#tell(node, "");
      void this.#pass(node, stream);
    } catch (thrown) {
      this.#ended(node, reasonOf(thrown));
    }
  }

  async #pass(node: Node, stream: AsyncIterable<Buffer>): Promise<void> {
    try {
      for await (const events of wholeEvents(stream)) {
        if (events !== "") await this.#write(named(events, node.name));
      }
      this.#ended(node, "it ended the stream");
    } catch (thrown) {
      this.#ended(node, reasonOf(thrown));
    }
  }

  #ended(node: Node, reason: string): void {
    this.#open.delete(node.id);
    this.#tell(node, reason);
  }

  /** Resolves when the reader has room for more, or reads no more. */
  async #write(events: string): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#options.reader.write(events, resolve);
    await Promise.race([promise, this.#stopped]);
  }

  /** @param reason  empty: its events come in */
  #tell({ id, name }: Node, reason: string): void {
    const before = this.#told.get(id);
    const isFull = this.#untaken >= CLUSTER_LIMITS.tailNodes;
    if (this.#stop.signal.aborted || before === reason || isFull) return;
    this.#told.set(id, reason);
    // that all is well is worth a word only if it was not
    if (before === undefined && reason === "") return;
    const data = JSON.stringify({ node: name, id, reason });
    this.#untaken++;
    this.#options.reader.write(`event: node\ndata: ${data}\n\n`, () => {
      this.#untaken--;
    });
  }
}

/** Each line says where it comes from. */
const named = (events: string, name: string): string =>
  events.replaceAll(/^data: \{(?=")/gm, () => `data: {"node":${JSON.stringify(name)},`);

/** As many as have come in, without comments: the reader has signs of life of its own. */
async function* wholeEvents(stream: AsyncIterable<Buffer>): AsyncGenerator<string, void> {
  const decoder = new TextDecoder();
  let text = "";
  for await (const chunk of stream) {
    text += decoder.decode(chunk, { stream: true });
    const end = text.lastIndexOf(BREAK) + BREAK.length;
    if (end < BREAK.length) {
      if (text.length > LIMITS.tailWindowChars) throw new Error("it sends something else");
      continue;
    }
    yield text.slice(0, end).replaceAll(/^(?::|retry:).*\n+/gm, "");
    text = text.slice(end);
  }
}

const BREAK = "\n\n";
