// Error pages of a tenant, for the proxy's own errors: made of parts once, filled in for each.

import type { ErrorPageConfig } from "../../base/config/policy/types.ts";
import { ERRORS, type ErrorCode } from "../../base/errors.ts";
import type { Answer } from "../../sandbox/call.ts";
import { setField } from "../../wire/headers.ts";
import { errorAnswer, type Failure } from "../error-page.ts";

export class ErrorPages {
  /** By status, `502`, and by class, `5xx`. */
  readonly #pages: ReadonlyMap<string, Page>;

  constructor(configs: readonly ErrorPageConfig[]) {
    this.#pages = new Map(configs.map((config) => [config.status, toPage(config)]));
  }

  /** The answer to a failure: as without pages, but for its body and what the body is. */
  answer(failure: Failure, id: string): Answer {
    const plain = errorAnswer(failure, id);
    const page = this.#pageOf(plain.status);
    if (page === null) return plain;
    const headers = setField(plain.headers, "Content-Type", page.contentType);
    return { ...plain, headers, body: fill(page, failure.code, id) };
  }

  #pageOf(status: number): Page | null {
    return this.#pages.get(`${status}`) ?? this.#pages.get(`${status}`[0] + "xx") ?? null;
  }
}

interface Page {
  readonly contentType: string;
  /** Texts and the names of placeholders, in turn. */
  readonly parts: readonly string[];
}

const PLACEHOLDER = /\{\{(requestId|code|status|title)\}\}/;

const toPage = ({ body, contentType }: ErrorPageConfig): Page => ({
  contentType,
  parts: body.split(PLACEHOLDER),
});

function fill(page: Page, code: ErrorCode, id: string): Buffer {
  const { status, sentence } = ERRORS[code];
  const values: Readonly<Record<string, string>> = {
    requestId: id,
    code,
    status: String(status),
    title: sentence,
  };
  let text = "";
  for (const [index, part] of page.parts.entries()) {
    text += index % 2 === 0 ? part : escapeHtml(values[part] ?? "");
  }
  return Buffer.from(text);
}

/** An id may come from a trusted proxy, which need not have looked at it. */
const escapeHtml = (text: string): string =>
  text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
