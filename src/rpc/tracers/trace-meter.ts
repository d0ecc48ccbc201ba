import { limitExceeded } from "../protocol/errors.ts";

/** Counts how large an answer grows. Everything that goes into one answer shares a meter. */
export interface TraceMeter {
  /** Adds characters, roughly; false once there are more than allowed, and then nothing need be kept. */
  grow(characters: number): boolean;
  /** Throws {@link RpcError} if it has grown too large. */
  check(): void;
  /** What it gives takes back what has been added since. */
  mark(): () => void;
}

/** A meter for an answer of at most `limit` characters. */
export function createTraceMeter(limit: number): TraceMeter {
  let size = 0;
  return {
    mark() {
      const before = size;
      return () => void (size = before);
    },
    grow: (characters) => (size += characters) <= limit,
    check: () => {
      if (size > limit)
        throw limitExceeded(`trace too large: more than ${limit} bytes; ask for less by the tracer's options`);
    },
  };
}
