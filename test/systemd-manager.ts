/**
 * Asks the systemd of this machine what it makes of a drop-in: `systemd --test` loads units from a private
 * folder, prints them and starts nothing. It refuses to run as root, so root steps down to nobody for it.
 */
import { spawnSync } from "node:child_process";
import { accessSync, chmodSync, constants, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const MANAGER = "/usr/lib/systemd/systemd";
const NOBODY = 65534;

/** Why the manager cannot be asked here, or null where it can. */
export function whyNoManager(): string | null {
  try {
    accessSync(MANAGER, constants.X_OK);
    return null;
  } catch {
    return `needs ${MANAGER}, which is not on this machine (package systemd)`;
  }
}

/**
 * Loads each text as the drop-in of a unit of its own.
 *
 * @param dropIns texts; U+FFFD is written as a byte that is no UTF-8
 * @returns for each text, the environment of its unit as `NAME=value`, in the manager's order
 */
export function loadDropIns(dropIns: readonly string[]): readonly (readonly string[])[] {
  const folder = mkdtempSync(join(tmpdir(), "pl-units-"));
  try {
    const names = dropIns.map((_, index) => `t${String(index)}.service`);
    for (const name of ["basic.target", "shutdown.target"]) writeFileSync(join(folder, name), "");
    writeFileSync(join(folder, "all.target"), names.map((name) => `[Unit]\nWants=${name}\n`).join(""));
    names.forEach((name, index) => {
      writeFileSync(join(folder, name), "[Service]\nExecStart=/bin/true\n");
      mkdirSync(join(folder, `${name}.d`));
      writeFileSync(join(folder, `${name}.d`, "a.conf"), toBytes(dropIns[index] ?? ""));
    });
    const runtime = join(folder, "runtime");
    mkdirSync(runtime);
    chmodSync(folder, 0o755);
    chmodSync(runtime, 0o777);
    return environmentsOf(dump(folder, runtime), names);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function dump(folder: string, runtime: string): string {
  const isRoot = process.getuid?.() === 0;
  const result = spawnSync(MANAGER, ["--test", "--user", "--unit=all.target", "--log-target=console"], {
    env: { HOME: "/nonexistent", XDG_RUNTIME_DIR: runtime, SYSTEMD_UNIT_PATH: folder },
    maxBuffer: 1 << 28,
    ...(isRoot ? { uid: NOBODY, gid: NOBODY } : {}),
  });
  if (result.status !== 0) throw new Error(`systemd --test failed: ${String(result.stderr)}`);
  return result.stdout.toString("utf8");
}

function environmentsOf(text: string, names: readonly string[]): readonly (readonly string[])[] {
  const units = new Map<string, readonly string[]>();
  for (const block of text.split(/^(?=\t-> Unit )/m)) {
    const name = /^\t-> Unit (\S+):/.exec(block)?.[1];
    if (name === undefined) continue;
    units.set(
      name,
      [...block.matchAll(/^\t\tEnvironment: (.*)$/gm)].map(([, assignment]) => assignment ?? ""),
    );
  }
  return names.map((name) => {
    const environment = units.get(name);
    if (environment === undefined) throw new Error(`${name} was not loaded`);
    return environment;
  });
}

function toBytes(text: string): Buffer {
  const pieces = text.split("\uFFFD").map((piece) => Buffer.from(piece, "utf8"));
  return Buffer.concat(pieces.flatMap((piece, index) => (index === 0 ? [piece] : [Buffer.of(0xff), piece])));
}
