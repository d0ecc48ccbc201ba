import { flagName } from "./settings.ts";

/**
 * What a user is told of an error. Of viem's it is the short message, the node's own words, and the origin of the endpoint: their whole
 * message repeats the request, with all its data, and the keys that may stand in an endpoint's path.
 */
export function errorMessage(error: unknown): string {
  return error instanceof Error ? (libraryError(error) ?? error.message) : String(error);
}

/** What a user is told of an error that is none of this program, and is no defect. Undefined for others. */
export function explainError(error: Error, settings: Readonly<Record<string, unknown>>): string | undefined {
  return explainSystemError(error, settings) ?? libraryError(error);
}

/** Undefined for errors that are not viem's. */
function libraryError(error: Error): string | undefined {
  const { shortMessage, details, url } = propertiesOf(error);
  // One of this program's own that has such a cause says itself what it means.
  if (shortMessage === undefined || !("shortMessage" in error)) return undefined;
  const words = details === undefined || shortMessage.includes(details) ? "" : ` ${details}`;
  const place = url === undefined ? "" : ` (${URL.canParse(url) ? new URL(url).origin : "the endpoint"})`;
  return `${shortMessage}${words}${place}`;
}

/** Properties of viem's errors, each from the outermost of an error and its causes that has it. */
function propertiesOf(error: Error): {
  readonly shortMessage?: string;
  readonly details?: string;
  readonly url?: string;
} {
  const found: Record<string, string> = {};
  for (let cause: unknown = error; cause instanceof Error; cause = cause.cause) {
    for (const name of ["shortMessage", "details", "url"]) {
      const value: unknown = Reflect.get(cause, name);
      if (typeof value === "string" && value !== "") found[name] ??= value;
    }
  }
  return found;
}

/** LMDB gives the system's number. */
const LMDB_NO_SPACE = 28;

/** What the operating system refused, of a call or of the database. */
interface SystemError extends Error {
  readonly code: unknown;
  readonly path?: string;
  readonly address?: string;
  readonly port?: number;
}

/**
 * What a user can do about an error of the operating system: a port that is taken, a folder that cannot be written, a full disk. Names
 * the flag, of the given settings, that has the port. Undefined for other errors.
 */
function explainSystemError(error: unknown, settings: Readonly<Record<string, unknown>>): string | undefined {
  const found = systemErrorOf(error);
  if (found === undefined) return undefined;
  const { code, message, path, address, port } = found;
  const flag = Object.entries(settings).find(([name, value]) => name.endsWith("Port") && value === port)?.[0];
  const where = `${address ?? ""}:${port ?? ""}`;
  const by = flag === undefined ? "" : `; give another --${flagName(flag)} (0 for any free one)`;
  const file = path === undefined ? message : path;
  switch (code) {
    case "EADDRINUSE":
      return `cannot listen on ${where}: another process does${by}`;
    case "EACCES":
      return port === undefined
        ? `no permission: ${file}. Expected a folder that can be written (--data-dir)`
        : `no permission to listen on ${where}${by}`;
    case "EADDRNOTAVAIL":
      return `cannot listen on ${where}: this machine has no such address (--host)`;
    case "EROFS":
    case "EPERM":
      return `cannot write: ${file}. Expected a folder that can be written (--data-dir)`;
    case "ENOSPC":
    case "EDQUOT":
    case LMDB_NO_SPACE:
      return `the disk is full: ${file}. Nothing that was confirmed is lost: make room (--data-dir) and start again`;
    default:
      return undefined;
  }
}

function systemErrorOf(error: unknown): SystemError | undefined {
  for (let cause: unknown = error; cause instanceof Error; cause = cause.cause) {
    if ("code" in cause) return cause;
  }
  return undefined;
}
