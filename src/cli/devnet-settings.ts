import { z } from "zod";
import { askNode } from "./ask-node.ts";
import { httpUrlText } from "./setting-types.ts";
import { setting, switchSetting } from "./settings.ts";

/** What commands to a running devnet have in common. */
export const runningDevnetSettings = {
  rpcUrl: setting(httpUrlText, {
    description: "JSON-RPC of the devnet's L2",
    placeholder: "url",
    fallback: "http://127.0.0.1:9545",
  }),
  json: switchSetting("print JSON"),
};

const infoSchema = z.object({ l1: z.object({ rpcUrl: z.string() }) });

/** JSON-RPC of the L1 of a running devnet. Rejects if the node is no devnet with an L1 of its own. */
export async function askL1Url(rpcUrl: string): Promise<string> {
  return infoSchema.parse(await askNode(rpcUrl, "devnet_info", [])).l1.rpcUrl;
}

export const quantitySchema = z
  .string()
  .regex(/^0x[0-9a-f]+$/i)
  .transform(BigInt);
