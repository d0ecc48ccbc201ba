import type { HardhatPlugin } from "hardhat/types/plugins";
import { PLUGIN_ID, tasks } from "./tasks.ts";

export { onestepIgnition, onestepNetworks } from "./networks.ts";
export type { OnestepNetworkOptions } from "./networks.ts";

/** For `plugins` of a Hardhat 3 configuration: the tasks `hardhat onestep …`. */
export const onestepPlugin: HardhatPlugin = { id: PLUGIN_ID, npmPackage: "onestep", tasks: [...tasks] };
