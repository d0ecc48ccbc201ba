/** A command line or setting that makes no sense. */
export const USAGE_ERROR = 2;
/** What was asked for cannot be done yet: the same command will do it later. */
export const NOT_YET = 3;

/** Ends a command with an exit code of its own. */
export class ExitError extends Error {
  override readonly name = "ExitError";
  readonly exitCode: number;

  constructor(message: string, exitCode: number) {
    super(message);
    this.exitCode = exitCode;
  }
}
