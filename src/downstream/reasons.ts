// Reason phrases for statuses that scripts and the proxy itself set.

import { STATUS_CODES } from "node:http";

export const reasonOf = (status: number): string => STATUS_CODES[status] ?? "Unknown";
