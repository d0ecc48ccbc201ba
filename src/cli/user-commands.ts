import { addressesCommand } from "./addresses-command.ts";
import { bridgeCommand } from "./bridge-command.ts";
import { claimCommand } from "./claim-command.ts";
import type { RegistrableCommand } from "./command.ts";
import { depositCommand } from "./deposit-command.ts";
import { disputeCommand } from "./dispute-command.ts";
import { doctorCommand } from "./doctor-command.ts";
import { finalizeCommand } from "./finalize-command.ts";
import { forceCommand } from "./force-command.ts";
import { statusCommand } from "./status-command.ts";
import { verifyCommand } from "./verify-command.ts";
import { withdrawCommand } from "./withdraw-command.ts";

/** What users of a rollup do, as opposed to those who run it: Hardhat tasks too. They load quickly. */
export const userCommands: readonly RegistrableCommand[] = [
  depositCommand,
  withdrawCommand,
  statusCommand,
  finalizeCommand,
  forceCommand,
  bridgeCommand,
  claimCommand,
  disputeCommand,
  addressesCommand,
  verifyCommand,
  doctorCommand,
];
