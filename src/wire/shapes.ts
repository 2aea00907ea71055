// Which words of the records of a frame (records.ts) are lengths.

/**
 * Which words of a record are lengths in the text section, and which in the byte section, by kind:
 * all that is needed to check a frame's arithmetic. Words are numbered 1 to 5.
 */
export interface Shape {
  readonly text: readonly number[];
  readonly bytes: readonly number[];
}

const shape = (text: number[], bytes: number[] = []): Shape => ({ text, bytes });

export const OUT_SHAPES: readonly (Shape | undefined)[] = [
  undefined,
  shape([4]), // DONE
  shape([4, 5]), // EDIT
  shape([3, 4]), // LINE
  shape([]), // STATUS
  shape([3, 4], [5]), // RESPOND
  shape([3]), // CHOOSE
  shape([]), // DECIDE
  shape([2]), // OPTIONS
  shape([3, 5]), // LOG
  shape([3]), // FAIL
  shape([4], [5]), // ASK
  shape([], [3]), // BODY
  shape([]), // USED
  shape([]), // WITHDRAW
  shape([2, 3]), // LOG_FIELD
  shape([2]), // CLIENT_STATE
  shape([3]), // RESPOND_BY
  shape([]), // GOES_ON
  shape([]), // BODY_MODE
  shape([2, 3]), // MARK
  shape([]), // HOLD
  shape([2]), // NOTES
];

export const IN_SHAPES: readonly (Shape | undefined)[] = [
  undefined,
  shape([4]), // CALL
  shape([1, 2, 3, 4]), // REQUEST
  shape([1, 3, 4, 5]), // CLIENT
  shape([1, 2, 3]), // UPSTREAM_REQUEST
  shape([2]), // RESPONSE
  shape([1, 2]), // UPSTREAM
  shape([1, 2, 3]), // ERROR
  shape([1, 2]), // TOTALS
  shape([1]), // PEER
  shape([3], [4]), // ANSWER
  shape([]), // CANCEL
  shape([], [1]), // CHUNK
  shape([]), // USED
  shape([1]), // CLIENT_STATE
  shape([]), // BODY_MODES
  shape([1]), // MARKS
  shape([1]), // TLS_DIGEST
  shape([1]), // CHOICE
  shape([1]), // TRAILERS
  shape([1]), // NOTES
  shape([1, 2]), // TRACE
];
