import { inspect } from "node:util";

/** Characters of one message. */
const LONGEST_TEXT = 1_000;

/** The innermost messages of an error and its causes, which is where viem keeps the node's own words. */
export function errorText(error: unknown): string {
  const texts: string[] = [];
  for (let cause: unknown = error; typeof cause === "object" && cause !== null; cause = propertyOf(cause, "cause")) {
    const text = propertyOf(cause, "details") ?? propertyOf(cause, "message");
    // An error page can be long.
    const shortened = typeof text === "string" ? text.slice(0, LONGEST_TEXT) : undefined;
    if (shortened !== undefined && !texts.includes(shortened)) texts.push(shortened);
  }
  if (texts.length > 0) return texts.join(": ");
  // Not String(): what a node answers may have a toString that is none.
  return typeof error === "string" ? error : inspect(error);
}

function propertyOf(value: object, name: string): unknown {
  return (value as Record<string, unknown>)[name];
}
