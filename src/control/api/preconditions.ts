// If-Match and If-None-Match (RFC 9110 section 13): a change is made only to the state that its
// author has seen. Of two people who change the same thing at once, one is told.

import { ApiError } from "./problem.ts";

/** A number that grows with each change, or a sum of what there is. */
type Revision = number | string;

export const etagOf = (revision: Revision): string => `"${revision}"`;

/** Throws an ApiError with 412 if the headers want another state. @param revision null: none */
export function expectRevision(headers: Headers, revision: Revision | null): void {
  const now = revision === null ? "there is none" : `it is ${etagOf(revision)}`;
  const match = headers.get("if-match");
  if (match !== null && !fits(match, revision)) {
    throw new ApiError(412, `Expected ${match.slice(0, 100)} to be the ETag, but ${now}.`);
  }
  const noneMatch = headers.get("if-none-match");
  if (noneMatch !== null && fits(noneMatch, revision)) {
    throw new ApiError(412, `Expected it not to be ${noneMatch.slice(0, 100)}, but ${now}.`);
  }
}

/** For a GET: what the caller has is what there is. */
export const isUnchanged = (headers: Headers, revision: Revision | null): boolean => {
  const header = headers.get("if-none-match");
  return header !== null && fits(header.replaceAll("W/", ""), revision);
};

function fits(header: string, revision: Revision | null): boolean {
  if (revision === null) return false;
  const tags = header.split(",").map((tag) => tag.trim());
  return tags.includes("*") || tags.includes(etagOf(revision));
}
