// Log in and out.

import { call } from "./api.ts";
import { forgetKey, keepKey, sessionKey } from "./key.ts";
import { type Session, session, signedOut } from "./session-state.ts";

/** Who is logged in since before, if anybody. */
export async function resume(): Promise<void> {
  if (sessionKey() === null) return signedOut();
  try {
    session.value = (await call<Session>("/session")).body;
  } catch {
    signedOut();
  }
}

/** Throws Problem. */
export async function logIn(token: string): Promise<void> {
  const { body } = await call<Session & { readonly key: string }>("/session", {
    method: "POST",
    body: { token },
  });
  keepKey(body.key);
  session.value = body;
}

export async function logOut(): Promise<void> {
  await call("/session", { method: "DELETE" }).catch(() => {});
  forgetKey();
  signedOut();
}
