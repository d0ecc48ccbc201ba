import { bytesToHex, concatBytes, keccak256Bytes } from "../primitives/index.ts";

/** Where trie nodes are read from, by hash. */
export interface TrieSource {
  get(hash: Uint8Array): Uint8Array | undefined;
}

/** A trie node, or a code, under its Keccak hash. */
export type HashedEntry = readonly [hash: Uint8Array, value: Uint8Array];

/**
 * Ethereum's Merkle Patricia trie (yellow paper, appendix D) with keys of 32 bytes, as the state and storage tries have.
 *
 * Differs from `@ethereumjs/mpt` in what a block needs: reading is synchronous, and a node is encoded and hashed once at
 * `commit`, however often it changed before. Nodes are immutable, so `fork` costs nothing.
 */
export interface MerklePatriciaTrie {
  /** The value under a 32-byte key. */
  get(key: Uint8Array): Uint8Array | undefined;
  /** `value` is not empty. */
  put(key: Uint8Array, value: Uint8Array): void;
  /** Does nothing if the key is absent. */
  delete(key: Uint8Array): void;
  /** The root hash, and the nodes that are new since the trie was created, forked or committed last. */
  commit(): { readonly root: Uint8Array; readonly nodes: readonly HashedEntry[] };
  fork(): MerklePatriciaTrie;
  /** An upper bound of the nodes in memory: those read or committed by the trie and whatever it was forked from. */
  loadedNodes(): number;
}

/** The node under a hash is not in the source. */
export class MissingTrieNodeError extends Error {
  override readonly name = "MissingTrieNodeError";
  constructor(hash: Uint8Array) {
    super(`trie node ${bytesToHex(hash)} is not in the state database`);
  }
}

const EMPTY_STRING = Uint8Array.of(0x80);

/** Root of the trie without keys: keccak256(rlp("")). */
export const EMPTY_TRIE_ROOT: Uint8Array = keccak256Bytes(EMPTY_STRING);

// `reference` is how the node stands in its parent: its RLP if that is shorter than 32 bytes, else the RLP of its hash.
// Absent until the node was committed. Paths are nibbles, one a byte.
interface LeafNode {
  readonly kind: "leaf";
  readonly path: Uint8Array;
  readonly value: Uint8Array;
  reference: Uint8Array | undefined;
}
interface ExtensionNode {
  readonly kind: "extension";
  readonly path: Uint8Array;
  child: TrieNode;
  reference: Uint8Array | undefined;
}
interface BranchNode {
  readonly kind: "branch";
  readonly children: (TrieNode | undefined)[];
  reference: Uint8Array | undefined;
}
/** A node known by its hash only. */
interface StubNode {
  readonly kind: "stub";
  readonly reference: Uint8Array;
}
type LoadedNode = LeafNode | ExtensionNode | BranchNode;
type TrieNode = LoadedNode | StubNode;

/** The trie with this root over `source`; nodes are read as they are needed. */
export function openTrie(source: TrieSource, root: Uint8Array = EMPTY_TRIE_ROOT): MerklePatriciaTrie {
  const start = Buffer.compare(root, EMPTY_TRIE_ROOT) === 0 ? undefined : stub(root);
  return trieOver(start, { source, loaded: 0 });
}

interface Loader {
  readonly source: TrieSource;
  loaded: number;
}

function trieOver(start: TrieNode | undefined, loader: Loader): MerklePatriciaTrie {
  let root = start;

  const get = (key: Uint8Array): Uint8Array | undefined => {
    if (root === undefined) return undefined;
    const path = toNibbles(key);
    let node: LoadedNode = load(root, loader);
    root = node;
    let depth = 0;
    for (;;) {
      if (node.kind === "leaf") return startsWith(path, depth, node.path) ? node.value : undefined;
      if (node.kind === "extension") {
        if (!startsWith(path, depth, node.path)) return undefined;
        depth += node.path.length;
        node = node.child = load(node.child, loader);
      } else {
        const child: LoadedNode | undefined = loadChild(node, path[depth++] as number, loader);
        if (child === undefined) return undefined;
        node = child;
      }
    }
  };

  const put = (key: Uint8Array, value: Uint8Array): void => {
    root = insert(root, toNibbles(key), 0, value, loader);
  };

  const remove = (key: Uint8Array): void => {
    if (root !== undefined) root = erase(root, toNibbles(key), 0, loader);
  };

  const commit = () => {
    const nodes: HashedEntry[] = [];
    if (root === undefined) return { root: EMPTY_TRIE_ROOT, nodes };
    const reference = referenceOf(root, nodes);
    loader.loaded += nodes.length;
    if (reference.length === 33) return { root: reference.subarray(1), nodes };
    // A root shorter than 32 bytes is hashed all the same.
    const hash = keccak256Bytes(reference);
    nodes.push([hash, reference]);
    return { root: hash, nodes };
  };

  return { get, put, delete: remove, commit, fork: () => trieOver(root, loader), loadedNodes: () => loader.loaded };
}

function insert(
  node: TrieNode | undefined,
  path: Uint8Array,
  depth: number,
  value: Uint8Array,
  loader: Loader,
): LoadedNode {
  if (node === undefined) return leaf(path.subarray(depth), value);
  const loaded = load(node, loader);
  if (loaded.kind === "branch") {
    const nibble = path[depth] as number;
    const before = loadChild(loaded, nibble, loader);
    const after = insert(before, path, depth + 1, value, loader);
    return after === before ? loaded : branchWith(loaded, nibble, after);
  }
  const shared = sharedLength(path, depth, loaded.path);
  if (shared === loaded.path.length) {
    if (loaded.kind === "leaf") return Buffer.compare(loaded.value, value) === 0 ? loaded : leaf(loaded.path, value);
    loaded.child = load(loaded.child, loader);
    const child = insert(loaded.child, path, depth + shared, value, loader);
    return child === loaded.child ? loaded : extension(loaded.path, child);
  }
  // The paths part ways here: a branch takes both.
  const children: (TrieNode | undefined)[] = Array.from({ length: 16 });
  const rest = loaded.path.subarray(shared + 1);
  children[loaded.path[shared] as number] =
    loaded.kind === "leaf"
      ? leaf(rest, loaded.value)
      : rest.length === 0
        ? loaded.child
        : extension(rest, loaded.child);
  children[path[depth + shared] as number] = leaf(path.subarray(depth + shared + 1), value);
  const branch: BranchNode = { kind: "branch", children, reference: undefined };
  return shared === 0 ? branch : extension(loaded.path.subarray(0, shared), branch);
}

function erase(node: TrieNode, path: Uint8Array, depth: number, loader: Loader): TrieNode | undefined {
  const loaded = load(node, loader);
  if (loaded.kind === "leaf") return startsWith(path, depth, loaded.path) ? undefined : loaded;
  if (loaded.kind === "extension") {
    if (!startsWith(path, depth, loaded.path)) return loaded;
    loaded.child = load(loaded.child, loader);
    const child = erase(loaded.child, path, depth + loaded.path.length, loader);
    if (child === loaded.child) return loaded;
    return prefixed(loaded.path, child as TrieNode, loader);
  }
  const nibble = path[depth] as number;
  const before = loadChild(loaded, nibble, loader);
  if (before === undefined) return loaded;
  const after = erase(before, path, depth + 1, loader);
  if (after === before) return loaded;
  if (after !== undefined) return branchWith(loaded, nibble, after);
  let remaining = -1;
  for (let index = 0; index < 16; index++) {
    if (index === nibble || loaded.children[index] === undefined) continue;
    if (remaining >= 0) return branchWith(loaded, nibble, undefined);
    remaining = index;
  }
  // One child left: the branch collapses into it.
  return prefixed(Uint8Array.of(remaining), loaded.children[remaining] as TrieNode, loader);
}

/** `node` reached by `path`: paths of leaves and extensions merge with it. */
function prefixed(path: Uint8Array, node: TrieNode, loader: Loader): LoadedNode {
  const loaded = load(node, loader);
  if (loaded.kind === "branch") return extension(path, loaded);
  const merged = concatBytes([path, loaded.path]);
  return loaded.kind === "leaf" ? leaf(merged, loaded.value) : extension(merged, loaded.child);
}

function leaf(path: Uint8Array, value: Uint8Array): LeafNode {
  return { kind: "leaf", path, value, reference: undefined };
}

function extension(path: Uint8Array, child: TrieNode): ExtensionNode {
  return { kind: "extension", path, child, reference: undefined };
}

function branchWith(branch: BranchNode, nibble: number, child: TrieNode | undefined): BranchNode {
  const children = branch.children.slice();
  children[nibble] = child;
  return { kind: "branch", children, reference: undefined };
}

function stub(hash: Uint8Array): StubNode {
  const reference = new Uint8Array(33);
  reference[0] = 0xa0;
  reference.set(hash, 1);
  return { kind: "stub", reference };
}

function load(node: TrieNode, loader: Loader): LoadedNode {
  if (node.kind !== "stub") return node;
  const encoded = readNode(loader.source, node);
  loader.loaded++;
  const decoded = decodeNode(encoded);
  decoded.reference = node.reference;
  return decoded;
}

// Replacing a stub by what it stands for changes no hash, so doing it in a shared node is safe.
function loadChild(branch: BranchNode, nibble: number, loader: Loader): LoadedNode | undefined {
  const child = branch.children[nibble];
  if (child === undefined || child.kind !== "stub") return child;
  return (branch.children[nibble] = load(child, loader));
}

/** Where an item of RLP lies in a node: its prefix begins at `from`, its payload at `start`. */
interface Item {
  readonly isList: boolean;
  readonly from: number;
  readonly start: number;
  readonly end: number;
}

// Nodes are decoded by hand, since most of the work of reading a state that is not in memory is this. They keep views of
// the bytes they were read from, which nobody writes to.
function decodeNode(encoded: Uint8Array, from = 0): LoadedNode {
  const list = itemAt(encoded, from);
  const items: Item[] = [];
  for (let position = list.start; position < list.end;) {
    const item = itemAt(encoded, position);
    items.push(item);
    position = item.end;
  }
  if (list.isList && items.length === 17) {
    const children: (TrieNode | undefined)[] = [];
    for (let nibble = 0; nibble < 16; nibble++) children.push(decodeChild(encoded, items[nibble] as Item));
    return { kind: "branch", children, reference: undefined };
  }
  const [first, second] = items;
  if (!list.isList || items.length !== 2 || first === undefined || second === undefined)
    throw new Error(`corrupt trie node ${bytesToHex(encoded)}`);
  const { path, isLeaf } = decodePath(encoded.subarray(first.start, first.end));
  return isLeaf
    ? leaf(path, encoded.subarray(second.start, second.end))
    : extension(path, decodeChild(encoded, second) as TrieNode);
}

function decodeChild(encoded: Uint8Array, item: Item): TrieNode | undefined {
  if (item.isList) return decodeNode(encoded, item.from);
  return item.start === item.end ? undefined : { kind: "stub", reference: encoded.subarray(item.from, item.end) };
}

function itemAt(encoded: Uint8Array, from: number): Item {
  const prefix = encoded[from] ?? 0;
  if (prefix < 0x80) return { isList: false, from, start: from, end: from + 1 };
  const isList = prefix >= 0xc0;
  let start = from + 1;
  let length = prefix - (isList ? 0xc0 : 0x80);
  if (length > 55) {
    start += length - 55;
    length = 0;
    for (let index = from + 1; index < start; index++) length = 256 * length + (encoded[index] as number);
  }
  return { isList, from, start, end: start + length };
}

function referenceOf(node: TrieNode, nodes: HashedEntry[]): Uint8Array {
  if (node.kind === "stub") return node.reference;
  if (node.reference !== undefined) return node.reference;
  const encoded = encodeNode(node, nodes);
  let reference = encoded;
  if (encoded.length >= 32) {
    const hash = keccak256Bytes(encoded);
    nodes.push([hash, encoded]);
    reference = stub(hash).reference;
  }
  node.reference = reference;
  return reference;
}

function encodeNode(node: LoadedNode, nodes: HashedEntry[]): Uint8Array {
  if (node.kind === "leaf") return encodeList([encodeString(encodePath(node.path, true)), encodeString(node.value)]);
  if (node.kind === "extension")
    return encodeList([encodeString(encodePath(node.path, false)), referenceOf(node.child, nodes)]);
  const items: Uint8Array[] = [];
  for (const child of node.children) items.push(child === undefined ? EMPTY_STRING : referenceOf(child, nodes));
  items.push(EMPTY_STRING);
  return encodeList(items);
}

/** RLP of a byte string. */
export function encodeString(bytes: Uint8Array): Uint8Array {
  if (bytes.length === 1 && (bytes[0] as number) < 0x80) return bytes;
  return concatBytes([lengthPrefix(bytes.length, 0x80), bytes]);
}

/** RLP of a list whose items are encoded already. */
export function encodeList(items: readonly Uint8Array[]): Uint8Array {
  let length = 0;
  for (const item of items) length += item.length;
  const prefix = lengthPrefix(length, 0xc0);
  const encoded = new Uint8Array(prefix.length + length);
  encoded.set(prefix, 0);
  let position = prefix.length;
  for (const item of items) {
    encoded.set(item, position);
    position += item.length;
  }
  return encoded;
}

/** RLP header of a string or list of `length` bytes below 2^24; a string of one byte below 0x80 has none. */
export function lengthPrefix(length: number, offset: 0x80 | 0xc0): Uint8Array {
  if (length < 56) return Uint8Array.of(offset + length);
  if (length < 256) return Uint8Array.of(offset + 56, length);
  if (length < 65_536) return Uint8Array.of(offset + 57, length >> 8, length & 255);
  return Uint8Array.of(offset + 58, length >> 16, (length >> 8) & 255, length & 255);
}

function toNibbles(key: Uint8Array): Uint8Array {
  const nibbles = new Uint8Array(key.length * 2);
  for (let index = 0; index < key.length; index++) {
    const byte = key[index] as number;
    nibbles[2 * index] = byte >> 4;
    nibbles[2 * index + 1] = byte & 15;
  }
  return nibbles;
}

function startsWith(path: Uint8Array, depth: number, prefix: Uint8Array): boolean {
  return sharedLength(path, depth, prefix) === prefix.length;
}

function sharedLength(path: Uint8Array, depth: number, other: Uint8Array): number {
  let length = 0;
  while (length < other.length && path[depth + length] === other[length]) length++;
  return length;
}

// Hex-prefix encoding (yellow paper, appendix C).
function encodePath(path: Uint8Array, isLeaf: boolean): Uint8Array {
  const isOdd = path.length % 2;
  const encoded = new Uint8Array(1 + (path.length >> 1));
  encoded[0] = (isLeaf ? 0x20 : 0) + (isOdd === 1 ? 0x10 + (path[0] as number) : 0);
  for (let index = isOdd; index < path.length; index += 2) {
    encoded[1 + (index >> 1)] = ((path[index] as number) << 4) | (path[index + 1] as number);
  }
  return encoded;
}

function decodePath(encoded: Uint8Array): { path: Uint8Array; isLeaf: boolean } {
  const nibbles = toNibbles(encoded);
  const flags = nibbles[0] as number;
  return { path: nibbles.subarray(2 - (flags & 1)), isLeaf: flags >= 2 };
}

/** The RLP of the hashed nodes on the way to `key` from the root down: a Merkle proof of its value or its absence. */
export function trieProof(source: TrieSource, root: Uint8Array, key: Uint8Array): Uint8Array[] {
  return walk(source, root, key).nodes;
}

/**
 * All nodes that tell the root without `key`: the proof of its value or absence, and if its deletion leaves a branch with
 * one child that is hashed, which the branch collapses into, that child at the end.
 */
export function trieDeletionProof(source: TrieSource, root: Uint8Array, key: Uint8Array): Uint8Array[] {
  const { nodes, parent, isPresent } = walk(source, root, key);
  if (!isPresent || parent === undefined) return nodes;
  const others = parent.branch.children.filter((child, nibble) => child !== undefined && nibble !== parent.nibble);
  const [remaining] = others;
  if (others.length === 1 && remaining?.kind === "stub") nodes.push(readNode(source, remaining));
  return nodes;
}

interface Walk {
  /** RLP of the hashed nodes on the way. */
  readonly nodes: Uint8Array[];
  readonly isPresent: boolean;
  /** The branch that the end of the way is a child of, and which one. */
  readonly parent: { readonly branch: BranchNode; readonly nibble: number } | undefined;
}

function walk(source: TrieSource, root: Uint8Array, key: Uint8Array): Walk {
  const nodes: Uint8Array[] = [];
  let parent: Walk["parent"];
  if (Buffer.compare(root, EMPTY_TRIE_ROOT) === 0) return { nodes, isPresent: false, parent };
  const path = toNibbles(key);
  let depth = 0;
  let next: TrieNode | undefined = stub(root);
  while (next !== undefined) {
    let node: LoadedNode;
    if (next.kind === "stub") {
      const encoded = readNode(source, next);
      nodes.push(encoded);
      node = decodeNode(encoded);
    } else {
      node = next;
    }
    if (node.kind === "branch") {
      const nibble = path[depth++] as number;
      parent = { branch: node, nibble };
      next = node.children[nibble];
    } else if (!startsWith(path, depth, node.path)) {
      break;
    } else if (node.kind === "leaf") {
      return { nodes, isPresent: true, parent };
    } else {
      depth += node.path.length;
      next = node.child;
    }
  }
  return { nodes, isPresent: false, parent };
}

function readNode(source: TrieSource, node: StubNode): Uint8Array {
  const hash = node.reference.subarray(1);
  const encoded = source.get(hash);
  if (encoded === undefined) throw new MissingTrieNodeError(hash);
  return encoded;
}
