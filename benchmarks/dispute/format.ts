/** Numbers and tables of the report. */

export function count(value: number | bigint): string {
  return (typeof value === "bigint" ? value : Math.round(value)).toLocaleString("en");
}

/** Wei as ETH, with so many digits that small amounts show. */
export function ether(wei: bigint): string {
  const value = Number(wei) / 1e18;
  const digits = Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : Math.abs(value) >= 1 ? 2 : 3;
  return value.toLocaleString("en", { minimumFractionDigits: digits, maximumFractionDigits: digits });
}

/** A Markdown table; the first `texts` columns are texts, the others numbers. */
export function table(head: readonly string[], texts: number, rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;
  return [line(head), line(head.map((_, index) => (index < texts ? "---" : "---:"))), ...rows.map(line)].join("\n");
}

export function median(values: readonly bigint[]): bigint {
  const sorted = values.toSorted((left, right) => (left < right ? -1 : left > right ? 1 : 0));
  return sorted[Math.floor(sorted.length / 2)] ?? 0n;
}

export function sum(values: Iterable<bigint>): bigint {
  let total = 0n;
  for (const value of values) total += value;
  return total;
}
