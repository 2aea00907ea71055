// Preloaded into a program by a test (`--require`): each of its threads collects garbage every few
// seconds, so that its resident memory is what lives and not what V8 has not looked at yet.

const { setFlagsFromString } = require("node:v8");
const { runInNewContext } = require("node:vm");

const EVERY_MS = 3_000;

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc");
setFlagsFromString("--no-expose-gc");
setInterval(collect, EVERY_MS).unref();
