// What is used of the package. Its own types declare a global for whoever imports it, so the
// compiler's settings put this file in their place.

export const URLPattern: { readonly prototype: object };
