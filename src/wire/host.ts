// Which values a Host field may have. Both sides of the wall use this file, so it is pure.

/**
 * `example.com`, `127.0.0.1:8080`, `[::1]:443`: what a Host field may say, and any of them is a
 * host in a URL.
 */
export function isHost(value: string): boolean {
  if (value.length > HOST_CHARS_MAX || !HOST.test(value)) return false;
  if (value.charCodeAt(0) === OPEN_BRACKET) {
    if (!isIPv6(value.slice(1, value.indexOf("]")))) return false;
  } else if (LIKE_IPV4.test(value) && !IPV4.test(value.replace(NAME_END, ""))) return false;
  const colon = value.lastIndexOf(":");
  if (colon === -1 || value.endsWith("]")) return true;
  return Number(value.slice(colon + 1)) <= 65_535;
}

/**
 * A registered name or IPv4 address, or an IPv6 literal, then a port. Narrower than RFC 3986: no
 * percent-encoding, no sub-delimiters, no empty label or port, since parsers read these
 * differently.
 */
const HOST =
  /^(?:[A-Za-z0-9_~-]+(?:\.[A-Za-z0-9_~-]+)*\.?|\[[0-9A-Fa-f:.]{2,45}\])(?::[0-9]{1,5})?$/;
const HOST_CHARS_MAX = 261; // a DNS name of 255 and `:65535`

/**
 * A name that ends in a number is an IPv4 address to URL parsers, which refuse it if it is none,
 * and read `0x7f.1` as 127.0.0.1; to others it is a name.
 */
const LIKE_IPV4 = /(?:^|\.)(?:[0-9]+|0[xX][0-9A-Fa-f]*)\.?(?::|$)/;
/** The dot of an absolute name, and a port. */
const NAME_END = /\.?(?::[0-9]+)?$/;

const OPEN_BRACKET = 91;

/**
 * Eight groups of four digits; `::` stands for one or more; the last two may be an IPv4 address.
 */
function isIPv6(address: string): boolean {
  const [head = "", tail, ...more] = address.split("::");
  if (more.length > 0) return false;
  const before = countGroups(head, tail === undefined);
  if (tail === undefined) return before === 8;
  const after = countGroups(tail, true);
  return before !== -1 && after !== -1 && before + after <= 7;
}

/** 16-bit groups of one side of `::`; -1 if one is wrong. */
function countGroups(side: string, mayEndInIPv4: boolean): number {
  if (side === "") return 0;
  const groups = side.split(":");
  let count = 0;
  for (const [index, group] of groups.entries()) {
    const isIPv4 = mayEndInIPv4 && index === groups.length - 1 && IPV4.test(group);
    if (!isIPv4 && !/^[0-9A-Fa-f]{1,4}$/.test(group)) return -1;
    count += isIPv4 ? 2 : 1;
  }
  return count;
}

const IPV4 = /^(?:(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)(?:\.(?!$)|$)){4}$/;
