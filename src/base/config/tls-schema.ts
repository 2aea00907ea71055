// The keys that say what is spoken to clients and callers over TLS.

import * as z from "zod";
import { choice, mapping, text } from "./fields.ts";

export const clientCertificates = mapping({
  ca: text().describe("PEM file of the authorities that vouch for clients, or the PEM itself."),
  mode: choice(["required", "optional"])
    .default("required")
    .describe("optional: the script decides, by session.client.tls."),
});

const certificate = mapping({
  cert: text().describe("PEM file of the certificate, with its chain behind it."),
  key: text().describe("PEM file of its key."),
});

export const listenerTls = mapping({
  certificates: z
    .array(certificate, "a list of certificates")
    .default([])
    .describe("Clients get the one for the name that they ask for, or else the first."),
  minVersion: choice(["TLSv1.2", "TLSv1.3"])
    .default("TLSv1.2")
    .describe("The oldest that is spoken."),
});

export const adminTls = mapping({
  cert: text().describe("PEM file of the certificate, with its chain behind it."),
  key: text().describe("PEM file of its key."),
  ca: text()
    .optional()
    .describe("PEM file of authorities: callers show a certificate of theirs. Left out: none."),
});
