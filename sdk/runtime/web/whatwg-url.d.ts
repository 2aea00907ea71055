// The part of whatwg-url that url-main.ts uses; the package has no types of its own.

declare module "whatwg-url" {
  export const URL: typeof globalThis.URL;
  export const URLSearchParams: typeof globalThis.URLSearchParams;
}
