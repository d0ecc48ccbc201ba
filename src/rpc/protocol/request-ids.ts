/**
 * The ids of the requests in a message, as they are written there: one for each entry of a batch, or the one of a single
 * request; undefined where an entry is no object or has no id. Of an id given twice the last counts, as in `JSON.parse`.
 *
 * A number read and written again would come back as another: 9007199254740993 as 9007199254740992, 1.0 as 1. `JSON.parse`
 * tells a reviver how values are written, but takes thirty times as long with one.
 * @param message valid JSON
 */
export function readRequestIds(message: string): readonly (string | undefined)[] {
  let position = afterSpace(message, 0);
  if (message[position] !== "[") return [readId(message, position).id];
  const ids: (string | undefined)[] = [];
  position = afterSpace(message, position + 1);
  while (message[position] !== "]") {
    const { id, end } = readId(message, position);
    ids.push(id);
    position = afterSpace(message, end);
    if (message[position] === ",") position = afterSpace(message, position + 1);
  }
  return ids;
}

/** The id of the request at `start`, and where the request ends. */
function readId(text: string, start: number): { readonly id: string | undefined; readonly end: number } {
  if (text[start] !== "{") return { id: undefined, end: afterValue(text, start) };
  let id: string | undefined;
  let position = afterSpace(text, start + 1);
  while (text[position] !== "}") {
    const keyEnd = afterString(text, position);
    // Past the colon.
    const valueStart = afterSpace(text, afterSpace(text, keyEnd) + 1);
    const valueEnd = afterValue(text, valueStart);
    if (isId(text.slice(position, Math.min(keyEnd, position + LONGEST_ID_KEY + 1))))
      id = text.slice(valueStart, valueEnd);
    position = afterSpace(text, valueEnd);
    if (text[position] === ",") position = afterSpace(text, position + 1);
  }
  return { id, end: position + 1 };
}

/** Both letters may be written as escapes of six characters. */
const LONGEST_ID_KEY = '"\\u0069\\u0064"'.length;

function isId(key: string): boolean {
  return key === '"id"' || (key.length <= LONGEST_ID_KEY && key.includes("\\") && JSON.parse(key) === "id");
}

const QUOTE = 0x22;
const COMMA = 0x2c;
const OPENING_BRACKET = 0x5b;
const BACKSLASH = 0x5c;
const CLOSING_BRACKET = 0x5d;
const OPENING_BRACE = 0x7b;
const CLOSING_BRACE = 0x7d;

function isSpace(code: number): boolean {
  return code === 0x20 || code === 0x0a || code === 0x0d || code === 0x09;
}

function afterSpace(text: string, start: number): number {
  let position = start;
  while (isSpace(text.charCodeAt(position))) position++;
  return position;
}

/** Behind the string that starts at `start`. */
function afterString(text: string, start: number): number {
  for (let quote = text.indexOf('"', start + 1); ; quote = text.indexOf('"', quote + 1)) {
    let escapes = 0;
    while (text.charCodeAt(quote - 1 - escapes) === BACKSLASH) escapes++;
    if (escapes % 2 === 0) return quote + 1;
  }
}

/** Behind the value that starts at `start`, however deep it is. */
function afterValue(text: string, start: number): number {
  let depth = 0;
  let position = start;
  for (;;) {
    const code = text.charCodeAt(position);
    if (code === QUOTE) {
      position = afterString(text, position);
      if (depth === 0) return position;
      continue;
    }
    if (code === OPENING_BRACE || code === OPENING_BRACKET) depth++;
    else if (code === CLOSING_BRACE || code === CLOSING_BRACKET) {
      if (depth === 0) return position;
      depth--;
      if (depth === 0) return position + 1;
    } else if (depth === 0 && (code === COMMA || isSpace(code) || position >= text.length)) return position;
    position++;
  }
}
