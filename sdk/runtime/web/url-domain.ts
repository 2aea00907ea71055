// Domain names to ASCII. Nearly all of them are ASCII to begin with, and need none of the Unicode
// tables of tr46 (200 KB of text): so these are evaluated at the first name that does need them.

interface Options {
  readonly useSTD3ASCIIRules?: boolean;
}

interface UnicodeDomains {
  toASCII(domain: string, options?: Options): string | null;
  toUnicode(domain: string, options?: Options): { domain: string; error: boolean };
}

// In a bundle a `require` is a call of a function that evaluates the module once.
declare function require(name: "tr46"): UnicodeDomains;

const PLAIN = /^[\0-\x7f]*$/;
const PUNYCODE_LABEL = /(?:^|\.)xn--/i;

/**
 * Null if the name is not valid. For plain ASCII the URL standard's "domain to ASCII" lower-cases
 * and validates nothing more, unless it is asked to be strict, which the URL parser never does.
 */
export function toASCII(domain: string, options?: Options): string | null {
  const isPlain = PLAIN.test(domain) && !PUNYCODE_LABEL.test(domain);
  if (isPlain && !options?.useSTD3ASCIIRules) return domain.toLowerCase();
  return require("tr46").toASCII(domain, options);
}

export function toUnicode(domain: string, options?: Options): { domain: string; error: boolean } {
  return require("tr46").toUnicode(domain, options);
}
