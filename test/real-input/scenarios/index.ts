import { accounts } from "./accounts.ts";
import { lending } from "./lending.ts";
import { marketplace } from "./marketplace.ts";
import { permit2 } from "./permit2.ts";
import type { Scenario } from "./scenario.ts";
import { tokens } from "./tokens.ts";
import { uniswap } from "./uniswap.ts";

export const scenarios: readonly Scenario[] = [
  ...tokens,
  ...uniswap,
  ...marketplace,
  ...lending,
  ...accounts,
  ...permit2,
];
export type { Scenario };
