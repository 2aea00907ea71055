// Event and CustomEvent of the DOM standard, in a realm without a tree: the path of an event has
// one object. What becomes of an event there is the dispatch's affair (event-target.ts).

const now = performance.now;

export interface EventInit {
  bubbles?: boolean;
  cancelable?: boolean;
  composed?: boolean;
}

export interface CustomEventInit<T> extends EventInit {
  detail?: T;
}

/** For the dispatch: an event's flags, and where it is. */
export interface Flight {
  target: object | null;
  currentTarget: object | null;
  phase: number;
  isDispatched: boolean;
  isTrusted: boolean;
  isStopped: boolean;
  isStoppedAtOnce: boolean;
  isPassive: boolean;
  isCanceled: boolean;
}

const NONE = 0;
export const AT_TARGET = 2;

/** For the runtime: the door to the private field. Throws for what is no event. */
export let flightOf: (event: Event) => Flight;
/** For the runtime: null for what is no event. */
export let flightIn: (value: unknown) => Flight | null;

export class Event {
  readonly #flight: Flight = {
    target: null,
    currentTarget: null,
    phase: NONE,
    isDispatched: false,
    isTrusted: false,
    isStopped: false,
    isStoppedAtOnce: false,
    isPassive: false,
    isCanceled: false,
  };
  readonly #timeStamp = now();
  #type: string;
  #bubbles: boolean;
  #cancelable: boolean;
  readonly #composed: boolean;

  static {
    flightOf = (event) => event.#flight;
    flightIn = (value) =>
      typeof value === "object" && value !== null && #flight in value ? value.#flight : null;
  }

  constructor(type: string, init: EventInit = {}) {
    if (type === undefined) throw new TypeError("Cannot make an Event: expected its type");
    if (typeof init !== "object" && typeof init !== "function" && init !== undefined) {
      throw new TypeError("Cannot make an Event: expected an object as its second argument");
    }
    this.#type = `${type}`;
    this.#bubbles = Boolean(init?.bubbles);
    this.#cancelable = Boolean(init?.cancelable);
    this.#composed = Boolean(init?.composed);
  }

  get type(): string {
    return this.#type;
  }

  get target(): object | null {
    return this.#flight.target;
  }

  get srcElement(): object | null {
    return this.#flight.target;
  }

  get currentTarget(): object | null {
    return this.#flight.currentTarget;
  }

  get eventPhase(): number {
    return this.#flight.phase;
  }

  get bubbles(): boolean {
    return this.#bubbles;
  }

  get cancelable(): boolean {
    return this.#cancelable;
  }

  get composed(): boolean {
    return this.#composed;
  }

  get defaultPrevented(): boolean {
    return this.#flight.isCanceled;
  }

  get isTrusted(): boolean {
    return this.#flight.isTrusted;
  }

  get timeStamp(): number {
    return this.#timeStamp;
  }

  /** The objects that it passes: the one that it was sent to, while it is there. */
  composedPath(): object[] {
    const { currentTarget } = this.#flight;
    return currentTarget === null ? [] : [currentTarget];
  }

  preventDefault(): void {
    if (this.#cancelable && !this.#flight.isPassive) this.#flight.isCanceled = true;
  }

  get returnValue(): boolean {
    return !this.#flight.isCanceled;
  }

  set returnValue(value: boolean) {
    if (!value) this.preventDefault();
  }

  stopPropagation(): void {
    this.#flight.isStopped = true;
  }

  get cancelBubble(): boolean {
    return this.#flight.isStopped;
  }

  set cancelBubble(value: boolean) {
    if (value) this.#flight.isStopped = true;
  }

  stopImmediatePropagation(): void {
    this.#flight.isStopped = true;
    this.#flight.isStoppedAtOnce = true;
  }

  initEvent(type: string, bubbles = false, cancelable = false): void {
    const flight = this.#flight;
    if (flight.isDispatched) return;
    flight.isStopped = false;
    flight.isStoppedAtOnce = false;
    flight.isCanceled = false;
    flight.isTrusted = false;
    flight.target = null;
    this.#type = `${type}`;
    this.#bubbles = Boolean(bubbles);
    this.#cancelable = Boolean(cancelable);
  }
}

export class CustomEvent<T = unknown> extends Event {
  readonly #detail: T | null;

  constructor(type: string, init: CustomEventInit<T> = {}) {
    super(type, init);
    this.#detail = init?.detail ?? null;
  }

  get detail(): T | null {
    return this.#detail;
  }
}

/** What every event and the class itself have as properties. */
export const PHASES = { NONE, CAPTURING_PHASE: 1, AT_TARGET, BUBBLING_PHASE: 3 } as const;
