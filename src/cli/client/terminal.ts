// Asks the person at the terminal, if there is one. Nothing is asked of a pipe, nor where CI is
// set.

import { createInterface } from "node:readline/promises";
import { text } from "node:stream/consumers";

export const canAsk = (): boolean => process.stdin.isTTY === true && !process.env.CI;

/** True: yes. Without a terminal the command is refused, and says what to type. */
export async function confirm(question: string, isYes: boolean): Promise<boolean> {
  if (isYes) return true;
  if (!canAsk()) throw new Error(`${question} Nobody to ask: expected --yes`);
  const lines = createInterface({ input: process.stdin, output: process.stderr });
  try {
    const answer = await lines.question(`${question} [y/N] `);
    return /^y(?:es)?$/i.test(answer.trim());
  } finally {
    lines.close();
  }
}

/** What is piped in, without its last line feed; or typed, without being shown. */
export async function readSecret(prompt: string): Promise<string> {
  if (process.stdin.isTTY !== true) return (await text(process.stdin)).replace(/\r?\n$/, "");
  if (!canAsk()) throw new Error("Cannot ask for the value: expected it on standard input");
  // nothing is shown from before the prompt on: who types fast is not seen either
  process.stdin.setRawMode(true);
  process.stderr.write(`${prompt}: `);
  try {
    return await typedUnseen(process.stdin);
  } finally {
    process.stderr.write("\n");
  }
}

const ENTER = /[\r\n]/;
const [INTERRUPT, END, BACKSPACE, DELETE] = ["\x03", "\x04", "\b", "\x7f"];

function typedUnseen(input: NodeJS.ReadStream): Promise<string> {
  let typed = "";
  input.setEncoding("utf8").resume();
  return new Promise((resolve, reject) => {
    const finish = (settle: () => void): void => {
      input.off("data", onData).setRawMode(false).pause();
      settle();
    };
    const onData = (chunk: string): void => {
      for (const key of chunk) {
        if (ENTER.test(key) || key === END) return finish(() => resolve(typed));
        if (key === INTERRUPT) return finish(() => reject(new Error("interrupted")));
        typed = key === BACKSPACE || key === DELETE ? typed.slice(0, -1) : typed + key;
      }
    };
    input.on("data", onData);
  });
}
