import type { RegistrableCommand } from "./command.ts";
import { deployCommand } from "./deploy-command.ts";
import { devnetCommand } from "./devnet-command.ts";
import { genesisCommand } from "./genesis-command.ts";
import { selfSequenceCommand } from "./self-sequence-command.ts";
import { traceCommand } from "./trace-command.ts";
import { userCommands } from "./user-commands.ts";
import { batcherCommand, challengerCommand, nodeCommand, proposerCommand, sequencerCommand } from "./role-commands.ts";

export const commands: readonly RegistrableCommand[] = [
  devnetCommand,
  genesisCommand,
  deployCommand,
  sequencerCommand,
  batcherCommand,
  proposerCommand,
  challengerCommand,
  nodeCommand,
  selfSequenceCommand,
  traceCommand,
  ...userCommands,
];
