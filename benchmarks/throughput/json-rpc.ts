/** A bare JSON-RPC caller, so that what is measured is the server and not a client library. */
export interface JsonRpc {
  call<T>(method: string, params?: readonly unknown[]): Promise<T>;
}

export function createJsonRpc(url: string): JsonRpc {
  let id = 0;
  return {
    async call<T>(method: string, params: readonly unknown[] = []) {
      const response = await fetch(url, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ jsonrpc: "2.0", id: ++id, method, params }),
      });
      const body = (await response.json()) as { result?: T; error?: { message: string } };
      if (body.error !== undefined) throw new Error(`${method}: ${body.error.message}`);
      return body.result as T;
    },
  };
}
