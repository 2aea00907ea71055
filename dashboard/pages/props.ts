// What every page is given.

export interface PageProps {
  /** Of the address; empty: the page is of the whole proxy. */
  readonly tenant: string;
  /** What else the address names: a version, a request. */
  readonly name: string;
}
