import type { EnvironmentFileKind, UnitReader } from "./environment-files.ts";
import type { Account, Identity } from "./identity.ts";
import type { Process } from "./processes.ts";

/** In which language a file is written. */
export type Dialect = "pam" | "pam-configuration" | "systemd" | "manager" | "shell" | "fish";

/** A file that may declare settings. */
export interface Place {
  readonly path: string;
  readonly kind: EnvironmentFileKind;
  readonly dialect: Dialect;
  readonly uid: number | null;
  readonly unit: UnitReader | null;
}

export const SYSTEM_FILES: readonly Place[] = [
  { path: "/etc/environment", kind: "pam", dialect: "pam", uid: null, unit: null },
  { path: "/etc/security/pam_env.conf", kind: "pam", dialect: "pam-configuration", uid: null, unit: null },
  { path: "/etc/systemd/system.conf", kind: "manager", dialect: "manager", uid: null, unit: null },
  ...[
    "/etc/profile",
    "/etc/bash.bashrc",
    "/etc/bashrc",
    "/etc/zshenv",
    "/etc/zprofile",
    "/etc/zshrc",
    "/etc/zsh/zshenv",
    "/etc/zsh/zprofile",
    "/etc/zsh/zshrc",
  ].map((path) => ({ path, kind: "shell" as const, dialect: "shell" as const, uid: null, unit: null })),
  { path: "/etc/fish/config.fish", kind: "shell", dialect: "fish", uid: null, unit: null },
];

/** A folder of such files; of several with one `group`, a file name counts only in the first that has it. */
export interface PlaceFolder extends Place {
  readonly suffix: string;
  readonly group: string;
}

function folders(
  paths: readonly string[],
  place: Pick<PlaceFolder, "kind" | "dialect" | "suffix">,
): readonly PlaceFolder[] {
  return paths.map((path) => ({ path, uid: null, unit: null, group: paths[0] ?? "", ...place }));
}

export const SYSTEM_FOLDERS: readonly PlaceFolder[] = [
  ...folders(["/etc/environment.d", "/run/environment.d", "/usr/local/lib/environment.d", "/usr/lib/environment.d"], {
    kind: "environment.d",
    dialect: "systemd",
    suffix: ".conf",
  }),
  ...folders(
    ["/etc", "/run", "/usr/local/lib", "/usr/lib"].map((path) => `${path}/systemd/system.conf.d`),
    { kind: "manager", dialect: "manager", suffix: ".conf" },
  ),
  ...folders(["/etc/profile.d"], { kind: "shell", dialect: "shell", suffix: ".sh" }),
  ...folders(["/etc/fish/conf.d"], { kind: "shell", dialect: "fish", suffix: ".fish" }),
];

/** Files in a home directory, by name. */
export const ACCOUNT_FILES: ReadonlyMap<string, Pick<Place, "kind" | "dialect">> = new Map([
  [".pam_environment", { kind: "pam", dialect: "pam-configuration" }],
  [".profile", { kind: "shell", dialect: "shell" }],
  [".bash_profile", { kind: "shell", dialect: "shell" }],
  [".bash_login", { kind: "shell", dialect: "shell" }],
  [".bashrc", { kind: "shell", dialect: "shell" }],
  [".zshenv", { kind: "shell", dialect: "shell" }],
  [".zprofile", { kind: "shell", dialect: "shell" }],
  [".zshrc", { kind: "shell", dialect: "shell" }],
]);

const MOST_ACCOUNTS = 50;
const FIRST_LOGIN_UID = 1000;
const NOBODY_UID = 65534;

/** Root, the users of the given processes and the people who log in: at most fifty, in this order. */
export function accountsToRead(
  identity: Pick<Identity, "accounts">,
  processes: readonly Process[],
): readonly Account[] {
  const running = new Set(processes.map(({ uid }) => uid));
  function rank({ uid }: Account): number {
    return uid === 0 ? 0 : running.has(uid) ? 1 : 2;
  }
  const readable = identity.accounts.filter((account) => {
    const logsIn = account.uid >= FIRST_LOGIN_UID && account.uid !== NOBODY_UID;
    return (
      (rank(account) < 2 || logsIn) && /^\/[^/]/.test(account.home) && !/\/(?:nonexistent|null)$/.test(account.home)
    );
  });
  const byHome = new Map(readable.toSorted((a, b) => rank(b) - rank(a)).map((account) => [account.home, account]));
  return [...byHome.values()].toSorted((a, b) => rank(a) - rank(b)).slice(0, MOST_ACCOUNTS);
}
