import { assemble } from "../../test/machine/assemble.ts";

/** The cheapest instruction again and again. */
export const LOOPER_CODE = assemble("JUMPDEST", ...Array.from({ length: 64 }, () => "JUMPDEST" as const), "0 JUMP");
