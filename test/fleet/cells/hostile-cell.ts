// A program in a cell's place, as a script would be that has left its isolate and taken the process
// over: it says to the main thread whatever it likes. What that is, is its tenant's name.

import { writeSync } from "node:fs";
import { Socket } from "node:net";
import { encodeJson, JsonReader } from "../../../src/base/json-messages.ts";

const { control }: { control: number } = JSON.parse(process.argv[2] ?? "");
const main = new Socket({ fd: control, readable: true, writable: true });

function begin(does: string): void {
  const flood = (bytes: Buffer): void => {
    while (main.write(bytes));
    main.once("drain", () => flood(bytes));
  };
  switch (does) {
    case "reports without end":
      return flood(encodeJson({ type: "report", turns: 1, tenants: [] }));
    case "a message of 4 GB":
      return void main.write(Buffer.of(255, 255, 255, 255, 123));
    case "no JSON":
      return void main.write(Buffer.of(2, 0, 0, 0, 123, 123));
    case "what no cell says":
      return void main.write(encodeJson({ type: "shutdown", of: "the proxy" }));
    case "deep JSON": {
      const text = Buffer.from(`${"[".repeat(1_000_000)}${"]".repeat(1_000_000)}`);
      const head = Buffer.alloc(4);
      head.writeUInt32LE(text.length);
      return void main.write(Buffer.concat([head, text]));
    }
    case "complaints without end":
      for (;;) writeSync(2, "x".repeat(10_000));
  }
}

const reader = new JsonReader(67_108_864);
main.on("data", (chunk: Buffer) => {
  for (const message of reader.read(chunk)) {
    if (typeof message !== "object" || message === null || !("type" in message)) continue;
    if (message.type === "begin") main.write(encodeJson({ type: "ready" }));
    if (message.type === "tenant" && "name" in message) begin(String(message.name));
  }
});
