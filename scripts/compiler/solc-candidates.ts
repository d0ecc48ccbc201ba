import { readdirSync } from "node:fs";
import { delimiter, join } from "node:path";

/** Where this machine may have compilers. */
export interface SolcSurroundings {
  readonly platform: NodeJS.Platform;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** The user's folder. */
  readonly home: string;
}

/** A file that may be a compiler. */
export interface SolcCandidate {
  readonly path: string;
  /** Who named it. */
  readonly origin: "ONESTEP_SOLC" | "PATH" | "Hardhat" | "svm";
}

/** Where compilers are looked for, as it is said to a user who has none. */
export const SOLC_PLACES = "ONESTEP_SOLC, PATH, Hardhat's compilers and svm's";

/** The files that may be a native compiler of a version, in the order in which they are tried. Not all of them exist. */
export function solcCandidates(version: string, surroundings: SolcSurroundings): readonly SolcCandidate[] {
  const { platform, environment, home } = surroundings;
  const suffix = platform === "win32" ? ".exe" : "";
  const named = environment.ONESTEP_SOLC;
  const folders = (environment.PATH ?? "").split(delimiter).filter((folder) => folder !== "");
  const data = environment.XDG_DATA_HOME ?? join(home, ".local", "share");
  const svm = [
    join(home, ".svm"),
    join(data, "svm"),
    ...(platform === "darwin" ? [join(home, "Library", "Application Support", "svm")] : []),
  ];
  return [
    ...(named === undefined || named === "" ? [] : [{ path: named, origin: "ONESTEP_SOLC" } as const]),
    ...[`solc-${version}`, "solc"].flatMap((name) =>
      folders.map((folder) => ({ path: join(folder, name + suffix), origin: "PATH" }) as const),
    ),
    ...downloadedByHardhat(version, join(hardhatCache(surroundings), "compilers-v3")).map(
      (path) => ({ path, origin: "Hardhat" }) as const,
    ),
    ...svm.map((folder) => ({ path: join(folder, version, `solc-${version}`), origin: "svm" }) as const),
  ];
}

/** The folder in which Hardhat keeps what it downloads. */
function hardhatCache({ platform, environment, home }: SolcSurroundings): string {
  switch (platform) {
    case "darwin":
      return join(home, "Library", "Caches", "hardhat-nodejs");
    case "win32":
      return join(environment.LOCALAPPDATA ?? join(home, "AppData", "Local"), "hardhat-nodejs", "Cache");
    default:
      return join(environment.XDG_CACHE_HOME ?? join(home, ".cache"), "hardhat-nodejs");
  }
}

/** Native compilers of a version, each named after its platform, version and commit. */
function downloadedByHardhat(version: string, folder: string): readonly string[] {
  return namesIn(folder)
    .filter((platform) => platform !== "wasm")
    .flatMap((platform) => namesIn(join(folder, platform)).map((name) => ({ platform, name })))
    .filter(({ name }) => name.includes(`-v${version}+commit.`) && !name.endsWith(".does.not.work"))
    .map(({ platform, name }) => join(folder, platform, name));
}

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder).sort();
  } catch {
    return [];
  }
}
