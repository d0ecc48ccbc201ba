import type { RegistrableCommand } from "./command.ts";
import { addressesCommand } from "./addresses-command.ts";
import { claimCommand } from "./claim-command.ts";
import { deployCommand } from "./deploy-command.ts";
import { depositCommand } from "./deposit-command.ts";
import { devnetCommand } from "./devnet-command.ts";
import { disputeCommand } from "./dispute-command.ts";
import { doctorCommand } from "./doctor-command.ts";
import { finalizeCommand } from "./finalize-command.ts";
import { forceCommand } from "./force-command.ts";
import { genesisCommand } from "./genesis-command.ts";
import { statusCommand } from "./status-command.ts";
import { withdrawCommand } from "./withdraw-command.ts";
import { verifyCommand } from "./verify-command.ts";
import { traceCommand } from "./trace-command.ts";
import { batcherCommand, challengerCommand, nodeCommand, proposerCommand, sequencerCommand } from "./role-commands.ts";

export const commands: readonly RegistrableCommand[] = [
  devnetCommand,
  genesisCommand,
  deployCommand,
  verifyCommand,
  sequencerCommand,
  batcherCommand,
  proposerCommand,
  challengerCommand,
  nodeCommand,
  depositCommand,
  withdrawCommand,
  statusCommand,
  finalizeCommand,
  forceCommand,
  claimCommand,
  disputeCommand,
  addressesCommand,
  doctorCommand,
  traceCommand,
];
