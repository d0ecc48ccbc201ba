import { RLP } from "@ethereumjs/rlp";
import type { Input, NestedUint8Array } from "@ethereumjs/rlp";
import { bytesToBigint, bytesToHex, concatBytes, hexToBytes } from "../primitives/index.ts";
import type { Hex } from "../primitives/index.ts";

/**
 * How a value stands in a record: which fields it takes, one after another. A schema is both the encoder and the decoder,
 * so that the two cannot disagree on the order.
 */
export interface Schema<T> {
  /** Appends the fields of a value. */
  write(value: T, fields: Input[]): void;
  /** Takes the fields of a value from where the reader stands. @throws Error that begins with "corrupt database" */
  read(reader: FieldReader): T;
}

/** A schema with the version byte and the RLP list around its fields: the bytes of a record. */
export interface RecordCodec<T> {
  encode(value: T): Uint8Array;
  /** @throws Error that begins with "corrupt database", or of RLP, if `encode` cannot have given the record */
  decode(record: Uint8Array): T;
}

type Field = Uint8Array | NestedUint8Array;

/** The fields of one list, taken in order. */
interface FieldReader {
  readonly fields: readonly Field[];
  /** Index of the next one to take. */
  next: number;
}

const RECORD_VERSION = 1;

/** Records on disk: a version byte, then the RLP of the list of the schema's fields. */
export function createRecordCodec<T>(schema: Schema<T>): RecordCodec<T> {
  return {
    encode(value) {
      const fields: Input[] = [];
      schema.write(value, fields);
      return concatBytes([Uint8Array.of(RECORD_VERSION), RLP.encode(fields)]);
    },
    decode(record) {
      if (record[0] !== RECORD_VERSION) {
        throw new Error(
          `corrupt database: expected a record of version ${RECORD_VERSION}, got ${bytesToHex(record.subarray(0, 32))}`,
        );
      }
      // A plain view, so that what is sliced out of it is a Uint8Array of its own and no Buffer.
      const fields = RLP.decode(new Uint8Array(record.buffer, record.byteOffset + 1, record.length - 1));
      return schema.read(readerOf(fields));
    },
  };
}

/** A byte string. */
export const bytes: Schema<Uint8Array> = {
  write: (value, fields) => void fields.push(value),
  read: takeBytes,
};

/** Hexadecimal text, as its bytes: hashes and addresses. */
export const hex: Schema<Hex> = mapped(bytes, { toStored: hexToBytes, fromStored: bytesToHex });

/** As `hex`; undefined is the empty string. */
export const optionalHex: Schema<Hex | undefined> = mapped(bytes, {
  toStored: (value) => (value === undefined ? new Uint8Array() : hexToBytes(value)),
  fromStored: (stored) => (stored.length === 0 ? undefined : bytesToHex(stored)),
});

/** A natural number of any size: minimal big-endian bytes. */
export const integer: Schema<bigint> = {
  write: (value, fields) => void fields.push(value),
  read: (reader) => bytesToBigint(takeBytes(reader)),
};

/** As `integer`, up to 2^53 - 1. */
export const safeInteger: Schema<number> = {
  write: (value, fields) => void fields.push(value),
  read(reader) {
    const field = takeBytes(reader);
    const value = bytesToBigint(field);
    if (value > BigInt(Number.MAX_SAFE_INTEGER)) throw corrupt("a safe integer", field);
    return Number(value);
  },
};

/** One of two values, as 0 or, whatever else is stored, 1. */
export function either<const T>(zero: T, one: T): Schema<T> {
  return mapped(safeInteger, {
    toStored: (value) => (value === zero ? 0 : 1),
    fromStored: (stored) => (stored === 0 ? zero : one),
  });
}

/** The fields of each property, in the order in which the properties are named. */
export function object<T extends object>(properties: { readonly [Name in keyof T]-?: Schema<T[Name]> }): Schema<T> {
  const entries = Object.entries(properties) as [keyof T, Schema<T[keyof T]>][];
  return {
    write(value, fields) {
      for (const [name, schema] of entries) schema.write(value[name], fields);
    },
    read(reader) {
      const value: Partial<T> = {};
      for (const [name, schema] of entries) value[name] = schema.read(reader);
      return value as T;
    },
  };
}

/** A value of one of two kinds: 0 for the kind named first or 1 for the other, then the fields of that kind. */
export function union<T extends { readonly kind: string }>(variants: {
  readonly [Kind in T["kind"]]: Schema<Omit<Extract<T, { readonly kind: Kind }>, "kind">>;
}): Schema<T> {
  const [zero, one] = Object.keys(variants) as T["kind"][];
  if (zero === undefined || one === undefined) throw new Error("expected a union of two kinds");
  const kinds = either(zero, one);
  const schemaOf = (kind: T["kind"]) => variants[kind] as Schema<unknown>;
  return {
    write(value, fields) {
      kinds.write(value.kind, fields);
      schemaOf(value.kind).write(value, fields);
    },
    read(reader) {
      const kind = kinds.read(reader);
      return { kind, ...(schemaOf(kind).read(reader) as object) } as T;
    },
  };
}

/** One field: the list of the fields of another schema. */
export function nested<T>(schema: Schema<T>): Schema<T> {
  return {
    write(value, fields) {
      const inner: Input[] = [];
      schema.write(value, inner);
      fields.push(inner);
    },
    read: (reader) => schema.read(readerOf(takeList(reader))),
  };
}

/** As `nested`; undefined is the empty list. */
export function optionalNested<T>(schema: Schema<T>): Schema<T | undefined> {
  const present = nested(schema);
  return {
    write(value, fields) {
      if (value === undefined) fields.push([]);
      else present.write(value, fields);
    },
    read(reader) {
      const fields = takeList(reader);
      return fields.length === 0 ? undefined : schema.read(readerOf(fields));
    },
  };
}

/** Values one after another to the end of the list they stand in. */
export function repeated<T>(schema: Schema<T>): Schema<readonly T[]> {
  return {
    write(values, fields) {
      for (const value of values) schema.write(value, fields);
    },
    read(reader) {
      const values: T[] = [];
      while (reader.next < reader.fields.length) values.push(schema.read(reader));
      return values;
    },
  };
}

/** A value that is stored as another. */
export function mapped<T, Stored>(
  schema: Schema<Stored>,
  { toStored, fromStored }: { readonly toStored: (value: T) => Stored; readonly fromStored: (stored: Stored) => T },
): Schema<T> {
  return {
    write: (value, fields) => schema.write(toStored(value), fields),
    read: (reader) => fromStored(schema.read(reader)),
  };
}

function corrupt(expected: string, field: Field | undefined): Error {
  const actual = field instanceof Uint8Array ? bytesToHex(field.subarray(0, 32)) : typeof field;
  return new Error(`corrupt database: expected ${expected}, got ${actual}`);
}

function readerOf(fields: Field): FieldReader {
  if (!Array.isArray(fields)) throw corrupt("a list", fields);
  return { fields, next: 0 };
}

function takeBytes(reader: FieldReader): Uint8Array {
  const field = reader.fields[reader.next++];
  if (!(field instanceof Uint8Array)) throw corrupt("a byte string", field);
  return field;
}

function takeList(reader: FieldReader): NestedUint8Array {
  const field = reader.fields[reader.next++];
  if (!Array.isArray(field)) throw corrupt("a list", field);
  return field;
}
