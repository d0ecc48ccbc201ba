import type { L1Client } from "../l1-client.ts";
import { isAnswer } from "../l1-failures.ts";
import type { ManagerContext } from "./context.ts";
import type { BlobWrapperVersion } from "./sidecar.ts";

/** The form in which blobs are sent; the L1 node is asked once. */
export async function wrapperVersionOf({ client, state }: ManagerContext): Promise<BlobWrapperVersion> {
  state.wrapperVersion ??= await guessWrapperVersion(client);
  return state.wrapperVersion;
}

/** The form that an L1 node is likely to read, by its name. */
async function guessWrapperVersion(client: L1Client): Promise<BlobWrapperVersion> {
  const software = await client
    .request<{ Method: "web3_clientVersion"; Parameters: undefined; ReturnType: unknown }>({
      method: "web3_clientVersion",
    })
    .catch((error: unknown) => {
      // Many providers do not tell; a refused form is followed by the other.
      if (!isAnswer(error)) throw error;
      return undefined;
    });
  return typeof software === "string" && software.startsWith("HardhatNetwork") ? 0 : 1;
}

export function otherWrapperVersion(version: BlobWrapperVersion): BlobWrapperVersion {
  return version === 0 ? 1 : 0;
}
