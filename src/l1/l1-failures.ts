import { HttpRequestError, ResponseBodyTooLargeError, RpcError, RpcRequestError, TimeoutError } from "viem";
import { errorText } from "./error-text.ts";

/** HTTP statuses that may be over at the next attempt. 403 is what some providers answer to a burst. */
const PASSING_STATUSES: ReadonlySet<number> = new Set([403, 408, 425, 429]);
/** Codes that some provider uses for nothing but its request limit; 429 also stands in bodies of HTTP 200. */
const LIMIT_CODES: ReadonlySet<number> = new Set([429, -32029, -32097, -32007]);
/** EIP-1474's "limit exceeded": of requests, or of what one request asks for. */
const LIMIT_EXCEEDED = -32005;
const INTERNAL_ERROR = -32603;
const EXECUTION_REVERTED = 3;

/** Wordings of request limits; providers have no common code. What one request may ask for is worded otherwise. */
const LIMIT_WORDING =
  /rate.?limit|too many requests|requests? (?:rate|limit|per)|(?:per|\/) ?(?:second|sec|minute|hour|day)\b|throttl|compute units|quota|capacity|daily request|slow down/i;

/** Methods whose answer may be too much for an endpoint, which is answered by asking for less. */
const WIDE_METHODS: ReadonlySet<string> = new Set(["eth_getLogs"]);

/** Whether an endpoint refused a request because there were too many of them. */
export function isRequestLimit(error: unknown, method: string): boolean {
  const codes = codesOf(error);
  // A revert may be worded in any way.
  if (codes.includes(EXECUTION_REVERTED)) return false;
  if (statusOf(error) === 429 || codes.some((code) => LIMIT_CODES.has(code))) return true;
  if (LIMIT_WORDING.test(errorText(error))) return true;
  return codes.includes(LIMIT_EXCEEDED) && !WIDE_METHODS.has(method);
}

/** Whether the same request may be answered at the next attempt. */
export function isPassing(error: unknown): boolean {
  const status = statusOf(error);
  if (status !== undefined) return isPassingStatus(status);
  const codes = codesOf(error).filter((code) => code !== -1);
  if (codes.length > 0) return codes.includes(INTERNAL_ERROR);
  // No answer, or one that is no JSON: a connection that broke off, an error page, a timeout.
  return !(error instanceof ResponseBodyTooLargeError);
}

/** Whether L1 answered with an error, as opposed to not answering. viem gives −1 to errors without a code. */
export function isAnswer(error: unknown): boolean {
  const status = statusOf(error);
  return codesOf(error).some((code) => code !== -1) || (status !== undefined && !isPassingStatus(status));
}

/** Milliseconds an endpoint asked to wait in seconds by a Retry-After header; undefined if it did not. */
export function retryAfterOf(error: unknown): number | undefined {
  for (const link of linksOf(error)) {
    if (!(link instanceof HttpRequestError || link instanceof RpcRequestError)) continue;
    const seconds = Number(link.headers?.get("retry-after") ?? Number.NaN);
    if (Number.isFinite(seconds) && seconds > 0) return seconds * 1000;
  }
  return undefined;
}

/** Whether L1 gave no answer to the question itself: another attempt, later, may be answered otherwise. */
export function isUnanswered(error: unknown): boolean {
  return linksOf(error).some(
    (link) =>
      link instanceof HttpRequestError ||
      link instanceof RpcRequestError ||
      link instanceof RpcError ||
      link instanceof TimeoutError,
  );
}

function isPassingStatus(status: number): boolean {
  return status >= 500 || PASSING_STATUSES.has(status);
}

function statusOf(error: unknown): number | undefined {
  for (const link of linksOf(error)) {
    if (link instanceof HttpRequestError || link instanceof RpcRequestError) return link.status;
  }
  return undefined;
}

function codesOf(error: unknown): readonly number[] {
  return linksOf(error).flatMap((link) => ("code" in link && typeof link.code === "number" ? [link.code] : []));
}

function linksOf(error: unknown): readonly Error[] {
  const links: Error[] = [];
  for (let link = error; link instanceof Error; link = link.cause) links.push(link);
  return links;
}
