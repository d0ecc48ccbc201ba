/** What waits, by whom it came from: each is served in turn, however much one of them asks for. */
export interface FairQueue<T> {
  /**
   * Adds an entry at the end of its client's. If the queue is full, the client with most entries has its last one dropped,
   * which may be the new one; that is given back.
   */
  add(client: string, entry: T): T | undefined;
  /** The first entry of the client whose turn it is. */
  take(): T | undefined;
  /** Whether the entry was still there. */
  remove(client: string, entry: T): boolean;
  readonly size: number;
}

export function createFairQueue<T>(capacity: number): FairQueue<T> {
  // In the order of turns: whose entry was taken last stands last.
  const clients = new Map<string, T[]>();
  let size = 0;

  function longest(): readonly [client: string, entries: T[]] | undefined {
    let found: readonly [string, T[]] | undefined;
    for (const candidate of clients) if (candidate[1].length > (found?.[1].length ?? 0)) found = candidate;
    return found;
  }

  return {
    add(client, entry) {
      const own = clients.get(client) ?? [];
      let dropped: T | undefined;
      if (size >= capacity) {
        const most = longest();
        if (most === undefined || most[1].length <= own.length + 1) return entry;
        dropped = most[1].pop();
        size--;
      }
      own.push(entry);
      size++;
      clients.set(client, own);
      return dropped;
    },
    take() {
      for (const [client, entries] of clients) {
        const entry = entries.shift();
        clients.delete(client);
        if (entries.length > 0) clients.set(client, entries);
        if (entry === undefined) continue;
        size--;
        return entry;
      }
      return undefined;
    },
    remove(client, entry) {
      const entries = clients.get(client) ?? [];
      const position = entries.indexOf(entry);
      if (position < 0) return false;
      entries.splice(position, 1);
      size--;
      if (entries.length === 0) clients.delete(client);
      return true;
    },
    get size() {
      return size;
    },
  };
}
