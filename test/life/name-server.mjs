// Preloaded into a proxy by a test: names that scripts choose are asked of NAME_SERVER.

import { Resolver } from "node:dns";

const { NAME_SERVER = "" } = process.env;
const told = new WeakSet();

for (const method of ["resolve4", "resolve6"]) {
  const ask = Resolver.prototype[method];
  Resolver.prototype[method] = function (...given) {
    if (!told.has(this)) this.setServers([NAME_SERVER]);
    told.add(this);
    return ask.apply(this, given);
  };
}
