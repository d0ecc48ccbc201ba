import type { IncomingHttpHeaders } from "node:http";

/** Origins browsers may call from; "*" for any, empty for none. */
export type AllowedOrigins = "*" | readonly string[];

const METHODS = ["POST", "GET", "OPTIONS"];
/** Seconds a browser may go by what a preflight said. */
const MAX_AGE = 600;

/** Whether a page of `origin` may call; who sends no Origin is no browser. */
export function allowsOrigin(origins: AllowedOrigins, origin: string | undefined): boolean {
  return origin === undefined || origins === "*" || origins.includes(origin);
}

/** Whether a request only asks what a browser may ask for. */
export function isPreflight(method: string, headers: IncomingHttpHeaders): boolean {
  return method === "OPTIONS" && headers["access-control-request-method"] !== undefined;
}

/** What a request that is no preflight gets. Caches are told of the Origin also where there was none, or another's. */
export function corsHeaders(origins: AllowedOrigins, { origin }: IncomingHttpHeaders): Record<string, string> {
  return { vary: "Origin", ...allowOrigin(origins, origin) };
}

/**
 * What a preflight gets: from an allowed origin, any header it asks for. Nodes in a private network, as on the user's own
 * machine, are open to pages from outside of it (Private Network Access) only where the origin is configured by its name.
 */
export function preflightHeaders(origins: AllowedOrigins, headers: IncomingHttpHeaders): Record<string, string> {
  const asked = {
    method: headers["access-control-request-method"] ?? "",
    headers: headers["access-control-request-headers"],
    privateNetwork: headers["access-control-request-private-network"] === "true",
  };
  const vary = [
    "Origin",
    "Access-Control-Request-Method",
    "Access-Control-Request-Headers",
    "Access-Control-Request-Private-Network",
  ].join(", ");
  const allowed = allowOrigin(origins, headers.origin);
  if (allowed === undefined || !METHODS.includes(asked.method)) return { vary };
  return {
    vary,
    ...allowed,
    "access-control-allow-methods": METHODS.join(", "),
    ...(asked.headers === undefined ? {} : { "access-control-allow-headers": asked.headers }),
    ...(asked.privateNetwork && origins !== "*" ? { "access-control-allow-private-network": "true" } : {}),
    "access-control-max-age": String(MAX_AGE),
  };
}

function allowOrigin(origins: AllowedOrigins, origin: string | undefined): Record<string, string> | undefined {
  if (origin === undefined || !allowsOrigin(origins, origin)) return undefined;
  return { "access-control-allow-origin": origins === "*" ? "*" : origin };
}
