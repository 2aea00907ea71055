// URLs for Request and Response.redirect. The parser is most of an isolate's memory, so it comes in
// a bundle of its own (url-main.ts), loaded when the script's text names one of these.

export function parseUrl(url: unknown): URL {
  const Parser = globalThis.URL;
  if (typeof Parser === "function") return new Parser(`${url}`);
  throw new TypeError("Cannot parse a URL: the script must name URL, so that its parser is loaded");
}
