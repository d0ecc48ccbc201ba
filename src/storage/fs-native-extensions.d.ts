declare module "fs-native-extensions" {
  /** Takes an exclusive lock on an open file without waiting; false if another open file has it. */
  export function tryLock(fileDescriptor: number): boolean;
}
