import type { RegistrableCommand } from "./command.ts";
import { deployCommand } from "./deploy-command.ts";

export const commands: readonly RegistrableCommand[] = [deployCommand];
