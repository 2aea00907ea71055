// What the main thread asks of a worker, by the method that does it, and what comes back.

import type { TailSubscription } from "../../observe/tail-batch.ts";
import type { CellEnds, CellOrder } from "../shared/cell-messages.ts";
import type {
  Answer,
  FromWorker,
  GenerationChange,
  Listening,
  ListenSpec,
  Question,
} from "../shared/messages.ts";
import { StartupError } from "../shared/start-errors.ts";

export interface WorkerDuties {
  readonly cells: { obey(order: CellOrder): Promise<CellEnds | null> };
  prepare(change: GenerationChange): Promise<Answer>;
  commit(number: number): void;
  abandon(): void;
  listen(listeners: readonly ListenSpec[]): Promise<Listening[]>;
  metrics(): Answer;
  tail(subscriptions: readonly TailSubscription[]): void;
  closeTunnels(): void;
  close(graceMs: number, closesTunnels: boolean): Promise<void>;
  drain(): Promise<void>;
  end(): Promise<void>;
}

const DONE: Answer = { type: "done" };

export async function answerTo(question: Question, worker: WorkerDuties): Promise<Answer> {
  switch (question.type) {
    case "prepare":
      return await worker.prepare(question.change);
    case "commit":
      worker.commit(question.number);
      return DONE;
    case "abandon":
      worker.abandon();
      return DONE;
    case "listen":
      return { type: "listening", listening: await worker.listen(question.listeners) };
    case "metrics":
      return worker.metrics();
    case "cells":
      return { type: "cells", ends: await worker.cells.obey(question.order) };
    case "tail":
      worker.tail(question.subscriptions);
      return DONE;
    case "close tunnels":
      worker.closeTunnels();
      return DONE;
    case "close":
      await worker.close(question.graceMs, question.closesTunnels);
      return DONE;
    case "drain":
      await worker.drain();
      return DONE;
    case "end":
      await worker.end();
      return DONE;
  }
}

export function failureTo(number: number, thrown: unknown): FromWorker {
  const isExpected = thrown instanceof StartupError;
  const message = thrown instanceof Error ? thrown.message : "unknown";
  const stack = thrown instanceof Error && !isExpected ? `\n${thrown.stack}` : "";
  return { type: "failed", number, message: message + stack };
}
