// The request heads that the client sends: the smallest that is honest, and what a browser sends.

const USER_AGENT =
  "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 " +
  "(KHTML, like Gecko) Chrome/146.0.0.0 Safari/537.36";

/** Header lines in addition to the Host that the client sends. */
export const HEADS = {
  small: [],
  browser: [
    "Connection: keep-alive",
    'sec-ch-ua: "Chromium";v="146", "Google Chrome";v="146", "Not?A_Brand";v="24"',
    "sec-ch-ua-mobile: ?0",
    'sec-ch-ua-platform: "Windows"',
    "Upgrade-Insecure-Requests: 1",
    `User-Agent: ${USER_AGENT}`,
    "Accept: text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8",
    "Sec-Fetch-Site: same-origin",
    "Sec-Fetch-Mode: navigate",
    "Sec-Fetch-Dest: document",
    "Accept-Encoding: gzip, deflate, br, zstd",
    "Accept-Language: en-GB,en;q=0.9",
    "Cookie: session=9b1deb4d3b7d4bad9bdd2b0d7b3dcb6d; theme=dark; _ga=GA1.1.1204183.1762080000",
  ],
} as const satisfies Record<string, readonly string[]>;

export type HeadName = keyof typeof HEADS;

export const isHeadName = (name: string): name is HeadName => Object.hasOwn(HEADS, name);
