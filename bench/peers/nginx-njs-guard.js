// The work of sluice-jwt.ts and sluice-fetch.ts in njs. njs makes a new machine for each request, so
// that a key cannot be kept: it is imported for each.

const RS256 = { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" };
const SPKI = Buffer.from("{{spki}}", "base64");

async function subjectOf(token) {
  const parts = token.split(".");
  if (parts.length !== 3) return null;
  const key = await crypto.subtle.importKey("spki", SPKI, RS256, false, ["verify"]);
  const signed = Buffer.from(`${parts[0]}.${parts[1]}`);
  const signature = Buffer.from(parts[2], "base64url");
  if (!(await crypto.subtle.verify(RS256, key, signature, signed))) return null;
  const claims = JSON.parse(Buffer.from(parts[1], "base64url").toString());
  return claims.exp * 1000 > Date.now() ? claims.sub : null;
}

async function guard(request) {
  let subject = null;
  try {
    subject = await subjectOf((request.headersIn.Authorization || "").slice("Bearer ".length));
  } catch (_) {
    // what cannot even be read is not valid
  }
  if (subject === null) {
    request.return(401);
    return;
  }
  request.variables.user = subject;
  request.internalRedirect("@origin");
}

async function aggregate(request) {
  const response = await ngx.fetch("http://127.0.0.1:{{origin}}/json");
  const data = await response.json();
  request.headersOut["content-type"] = "application/json";
  request.return(200, JSON.stringify({ items: data.items.length }));
}

export default { guard, aggregate };
