// Standard output on a disk that is full for a while.

import assert from "node:assert/strict";
import { test } from "node:test";
import { LogFile } from "../../src/observe/log-file.ts";
import { fc } from "../support/property.ts";

/** Takes so many bytes, then none until there is room again. */
class Disk {
  text = "";
  room = Number.POSITIVE_INFINITY;

  readonly write = (_descriptor: number, bytes: Buffer, offset: number): number => {
    const taken = Math.min(this.room, bytes.length - offset);
    if (taken === 0) throw Object.assign(new Error("no space"), { code: "ENOSPC" });
    this.room -= taken;
    this.text += bytes.toString("latin1", offset, offset + taken);
    return taken;
  };
}

function setUp() {
  const disk = new Disk();
  const counts = { lost: 0 };
  const file = new LogFile({
    descriptor: -1,
    write: disk.write,
    onLost: (lines) => {
      counts.lost += lines;
    },
    lossLine: (lines, reason) => `lost ${lines}: ${reason}\n`,
  });
  return { disk, counts, file };
}

test("a full disk costs the lines of that time, and the log says how many", () => {
  const { disk, counts, file } = setUp();
  file.write("a\n");
  disk.room = 0;
  file.write("b\nc\n");
  file.write("d\n");
  assert.equal(counts.lost, 3);
  disk.room = 1_000;
  file.write("e\n");
  file.write("f\n");
  assert.equal(disk.text, "a\nlost 3: ENOSPC\ne\nf\n");
});

test("a line that was cut is ended as soon as there is room, before anything else", () => {
  const { disk, counts, file } = setUp();
  disk.room = 5;
  file.write("abc\ndef\nghi\n");
  assert.equal(counts.lost, 1);
  disk.room = 1;
  file.write("j\n");
  assert.equal(counts.lost, 2);
  disk.room = 1_000;
  file.write("k\n");
  assert.equal(disk.text, "abc\ndef\nlost 2: ENOSPC\nk\n");
});

test("however the disk has room, each line is there whole, or told of as lost", () => {
  const step = fc.record({ room: fc.nat(40), lines: fc.array(fc.nat(9), { maxLength: 4 }) });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 20 }), (steps) => {
      const { disk, counts, file } = setUp();
      let written = 0;
      for (const { room, lines } of steps) {
        disk.room = room;
        written += lines.length;
        if (lines.length > 0)
          file.write(lines.map((length) => `<${"x".repeat(length)}>\n`).join(""));
      }
      disk.room = 1_000;
      file.write("<end>\n");
      const all = disk.text.split("\n");
      const whole = all.filter((line) => /^<x*>$/.test(line)).length;
      const told = all.map((line) => Number(/^lost (\d+): ENOSPC$/.exec(line)?.[1] ?? 0));
      assert.equal(whole + counts.lost, written);
      assert.equal(
        told.reduce((sum, lines) => sum + lines, 0),
        counts.lost,
      );
      assert.ok(disk.text.endsWith("<end>\n"));
    }),
  );
});
