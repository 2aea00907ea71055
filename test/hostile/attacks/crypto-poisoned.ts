// Builtins that the runtime of `crypto` might have used, replaced before it is.

import { type Attack, one } from "../attack.ts";

export const attack: Attack = {
  title: "poisoned builtins give a script no key, no bytes and no way into the host",
  before: `
    const { subtle } = crypto;
    const evil = () => { throw new Error("poison"); };
    const bytes = Object.getPrototypeOf(Uint8Array.prototype);
    const { apply, defineProperty, getOwnPropertyDescriptor } = Reflect;
    const taken = [];
    const replace = (owner, names) => { for (let i = 0; i < names.length; i++) {
      taken[taken.length] = { owner, name: names[i], own: getOwnPropertyDescriptor(owner,
        names[i]) };
      defineProperty(owner, names[i], { value: evil, configurable: true, writable: true }); } };
    const poison = () => {
      replace(bytes, ["set", "subarray", "slice", "fill"]);
      replace(Array.prototype, ["push", "map", "join", "includes", "indexOf", Symbol.iterator]);
      replace(String.prototype, ["split", "slice", "indexOf", "toUpperCase", "charCodeAt"]);
      replace(Map.prototype, ["get", "set"]); replace(Set.prototype, ["has", "add"]);
      replace(JSON, ["parse", "stringify"]); replace(Object, ["freeze", "keys"]);
      replace(Reflect, ["apply", "get"]); replace(RegExp.prototype, ["exec", "test"]);
      replace(Math, ["ceil", "min", "random"]);
      replace(globalThis, ["Number", "Uint8Array", "Boolean"]);
      Object.prototype.hash = "MD5";
    };
    const heal = () => { for (let i = 0; i < taken.length; i++) {
      defineProperty(taken[i].owner, taken[i].name, taken[i].own); } };`,
  hooks: `async requestFilter() {
    const data = new Uint8Array(64);
    const hash = { name: "SHA-256" };
    const usages = ["sign", "verify"];
    poison();
    const key = await subtle.generateKey({ name: "HMAC", hash }, true, usages);
    const code = await subtle.sign("HMAC", key, data);
    const isFine = await subtle.verify("HMAC", key, code, data);
    const pair = await subtle.generateKey({ name: "ECDSA", namedCurve: "P-256" }, true, usages);
    const about = { name: "ECDSA", hash };
    const signature = await subtle.sign(about, pair.privateKey, data);
    const isSigned = await subtle.verify(about, pair.publicKey, signature, data);
    const id = crypto.randomUUID();
    heal();
    return new Response(isFine && isSigned && id.length === 36 ? "answered" : "broken");
  }`,
  isQuick: true,
  expected: one("200 answered$"),
};
