/** `length` bytes of `input` from `start`, with zeros for those behind its end. A view of the input if there are none. */
export function padded(input: Uint8Array, start: number, length: number): Uint8Array {
  if (start + length <= input.length) return input.subarray(start, start + length);
  const bytes = new Uint8Array(length);
  if (start < input.length) bytes.set(input.subarray(start));
  return bytes;
}
