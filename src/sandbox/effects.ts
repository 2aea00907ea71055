// Reads what a call does to its request, record by record, out of a frame from an isolate.

import { BODY_SIDE, EDITS_MAX, EFFECTS_SIZE_MAX, OUT, RECORD_WORDS } from "../wire/records.ts";
import { OUT_SHAPES } from "../wire/shapes.ts";
import type { Effects, Used } from "./call.ts";
import { FrameFault } from "./frame-text.ts";
import type { RecordCursor } from "./record-cursor.ts";

/** Adds the effect of the record at the cursor. Throws FrameFault beyond what a call may keep. */
export function readEffect(effects: Effects, at: RecordCursor): void {
  weigh(effects, at);
  switch (at.word(0)) {
    case OUT.EDIT: {
      const name = at.cut(at.word(4));
      const value = at.cut(at.word(5));
      effects.edits.push({ target: at.word(2), op: at.word(3), name, value });
      break;
    }
    case OUT.LINE: {
      const method = at.cut(at.word(3));
      effects.lines.push({ target: at.word(2), method, path: at.cut(at.word(4)) });
      break;
    }
    case OUT.STATUS:
      effects.status = at.word(2);
      break;
    case OUT.RESPOND: {
      const headers = at.cut(at.word(3));
      const text = Buffer.from(at.cut(at.word(4)), "latin1");
      const bytes = at.cutBytes(at.word(5));
      const body = bytes.length > 0 ? bytes : text;
      effects.answer = { status: at.word(2), headers, body };
      break;
    }
    case OUT.RESPOND_BY: {
      const headers = at.cut(at.word(3));
      effects.answer = { status: at.word(2), headers, body: NO_BODY };
      effects.answerId = at.word(4);
      break;
    }
    case OUT.CHOOSE:
      effects.choice = at.cut(at.word(3));
      break;
    case OUT.BODY:
      effects.bodyAction = at.word(2);
      effects.body = at.cutBytes(at.word(3));
      break;
    case OUT.DECIDE:
      effects.decision = at.word(2);
      break;
    case OUT.USED:
      effects.used = usedOf(at);
      break;
    case OUT.LOG_FIELD: {
      const name = at.cut(at.word(2));
      effects.logFields.push({ name, value: at.cut(at.word(3)) });
      break;
    }
    case OUT.CLIENT_STATE:
      effects.clientState = at.cut(at.word(2));
      break;
    case OUT.BODY_MODE:
      readBodyMode(effects, at);
      break;
    case OUT.MARK: {
      const name = at.cut(at.word(2));
      effects.marks ??= [];
      effects.marks.push({ name, ms: at.cut(at.word(3)) });
      break;
    }
    case OUT.NOTES:
      effects.notes = at.cut(at.word(2));
      break;
    case OUT.OPTIONS:
      effects.options = at.cut(at.word(2));
      break;
  }
}

function readBodyMode(effects: Effects, at: RecordCursor): void {
  effects.bodyModes ??= { request: null, response: null };
  if (at.word(2) === BODY_SIDE.request) effects.bodyModes.request = at.word(3);
  else effects.bodyModes.response = at.word(3);
}

/** A script that lied here would have left its realm, and would have no limits anyway. */
function usedOf(at: RecordCursor): Used {
  const [cpuMs, logLines] = [at.word(2), at.word(3)];
  return { cpuMs, logLines, logBytes: at.word(4), hostCalls: at.word(5) };
}

/** What a call does is kept here until it ends, so it is weighed as it comes. */
function weigh(effects: Effects, at: RecordCursor): void {
  const shape = OUT_SHAPES[at.word(0)];
  effects.size += RECORD_WORDS;
  for (const index of shape?.text ?? []) effects.size += at.word(index);
  for (const index of shape?.bytes ?? []) effects.size += at.word(index);
  if (effects.size > EFFECTS_SIZE_MAX) throw new FrameFault(`effects of ${effects.size} bytes`);
  const { edits, lines, logFields, marks } = effects;
  if (edits.length + lines.length + logFields.length + (marks?.length ?? 0) > EDITS_MAX) {
    throw new FrameFault("too many edits");
  }
}

const NO_BODY = Buffer.alloc(0);
