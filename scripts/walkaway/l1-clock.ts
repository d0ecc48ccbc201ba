import type { PublicClient } from "viem";

/** Moves the clock of a local L1 on by so many seconds, and mines a block there. */
export async function passTime(l1: PublicClient, seconds: number): Promise<void> {
  await l1.request({ method: "evm_increaseTime" as never, params: [seconds] as never });
  await l1.request({ method: "evm_mine" as never, params: [] as never });
}

/** Timestamp in seconds of the latest L1 block. */
export async function l1Time(l1: PublicClient): Promise<number> {
  return Number((await l1.getBlock({ blockTag: "latest" })).timestamp);
}

/** A span of time in words: days and hours where there are whole ones. */
export function inWords(seconds: number): string {
  const [days, hours] = [Math.floor(seconds / 86_400), Math.round((seconds % 86_400) / 3_600)];
  if (seconds < 3_600) return `${seconds} s`;
  return [days > 0 ? `${days} d` : "", hours > 0 ? `${hours} h` : ""].filter((part) => part !== "").join(" ");
}
