// An origin that does what it is told on its standard input, a word a line: how it answers from now
// on. One that is killed or stopped needs no word.
//
//     node bench/servers/faulty.ts 127.0.1.1 9001

import { createServer, type Socket } from "node:net";
import { createInterface } from "node:readline";

const BODY = "x".repeat(100);
const HEAD = `HTTP/1.1 200 OK\r\nContent-Length: ${BODY.length}\r\n\r\n`;
const SLOW_MS = 600;

type Answer = (socket: Socket) => void;

const ANSWERS = {
  sound: (socket) => socket.write(HEAD + BODY),
  slow: (socket) => void setTimeout(() => socket.write(HEAD + BODY), SLOW_MS),
  garbage: (socket) => socket.end("\u0001\u0002 this is no HTTP\r\n\r\n"),
  reset: (socket) => socket.write(`${HEAD}${BODY.slice(50)}`, () => socket.resetAndDestroy()),
  drip: (socket) => {
    let sent = 0;
    socket.write(HEAD);
    const drip = setInterval(() => {
      if (sent++ < BODY.length && !socket.destroyed) socket.write("x");
      else clearInterval(drip);
    }, 1_000);
  },
} satisfies Readonly<Record<string, Answer>>;

const isMode = (word: string): word is keyof typeof ANSWERS => Object.hasOwn(ANSWERS, word);

const [host = "127.0.0.1", port = "0"] = process.argv.slice(2);
let mode: keyof typeof ANSWERS = "sound";
const open = new Set<Socket>();
const server = createServer((socket) => {
  open.add(socket);
  socket.setNoDelay(true);
  socket.on("error", () => undefined).once("close", () => open.delete(socket));
  let text = "";
  socket.setEncoding("latin1").on("data", (more) => {
    text += more;
    for (let end = text.indexOf("\r\n\r\n"); end !== -1; end = text.indexOf("\r\n\r\n")) {
      text = text.slice(end + 4);
      ANSWERS[mode](socket);
    }
  });
});
const listen = (): unknown => server.listen(Number(port), host);
listen();

createInterface({ input: process.stdin }).on("line", (word) => {
  if (word === "deaf") {
    server.close();
    for (const socket of open) socket.destroy();
  } else if (word === "hears" && !server.listening) listen();
  else if (isMode(word)) mode = word;
});
process.stdin.on("end", () => process.exit(0));
