import type { RegistrableCommand } from "./command.ts";
import { deployCommand } from "./deploy-command.ts";
import { devnetCommand } from "./devnet-command.ts";
import { traceCommand } from "./trace-command.ts";
import { batcherCommand, nodeCommand, proposerCommand, sequencerCommand } from "./role-commands.ts";

export const commands: readonly RegistrableCommand[] = [
  devnetCommand,
  deployCommand,
  sequencerCommand,
  batcherCommand,
  proposerCommand,
  nodeCommand,
  traceCommand,
];
