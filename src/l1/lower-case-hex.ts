/** A value of JSON with all hex in it in lower case, as hashes and addresses are compared as text; endpoints may differ. */
export function lowerCaseHex(value: unknown): unknown {
  if (typeof value === "string") return /^0x[0-9a-f]*[A-F]/.test(value) ? value.toLowerCase() : value;
  if (Array.isArray(value)) return value.map(lowerCaseHex);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, lowerCaseHex(part)]));
}
