const MAXIMUM_LENGTH = 80;

/** A caller's value, short enough for an error message. Never throws, however deep or odd the value is. */
export function describeValue(value: unknown): string {
  if (value === undefined) return "nothing";
  if (Array.isArray(value)) return `an array of ${value.length}`;
  if (typeof value === "object" && value !== null) return "an object";
  // What is left of JSON are strings, numbers, booleans and null.
  const text = JSON.stringify(typeof value === "string" ? value.slice(0, MAXIMUM_LENGTH + 1) : value);
  return text.length > MAXIMUM_LENGTH ? `${text.slice(0, MAXIMUM_LENGTH)}…` : text;
}
