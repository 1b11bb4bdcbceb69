import { chmodSync, copyFileSync, existsSync, linkSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { attemptCommand, runCommand } from "./command.ts";

const SHELL_TOOLS = ["sh", "ls", "cat", "sleep", "httpd", "nc", "wget", "ps", "ip"];

/**
 * Packs a root file system for `docker import` into `DIRECTORY.tar`: busybox, the two account files, and the
 * given files (path in the image → file of this machine) with the shared libraries they need.
 */
export async function buildImageArchive(directory: string, files: Readonly<Record<string, string>>): Promise<void> {
  for (const name of ["bin", "etc", "root", "tmp"]) mkdirSync(join(directory, name), { recursive: true });
  chmodSync(join(directory, "tmp"), 0o1777);
  writeFileSync(join(directory, "etc/passwd"), "root:x:0:0:root:/root:/bin/sh\n");
  writeFileSync(join(directory, "etc/group"), "root:x:0:\n");
  copyFileSync("/bin/busybox", join(directory, "bin/busybox"));
  for (const tool of SHELL_TOOLS) symlinkSync("busybox", join(directory, "bin", tool));
  for (const [inside, outside] of Object.entries(files)) {
    place(directory, inside, () => linkSync(outside, join(directory, inside)));
    for (const library of await listLibraries(outside)) {
      place(directory, library, () => copyFileSync(library, join(directory, library)));
    }
  }
  await runCommand(["tar", "-C", directory, "-cf", `${directory}.tar`, "."]);
}

function place(directory: string, inside: string, put: () => void): void {
  if (existsSync(join(directory, inside))) return;
  mkdirSync(dirname(join(directory, inside)), { recursive: true });
  put();
}

/** Paths of the shared libraries of an executable, its interpreter included; none where it is static. */
async function listLibraries(path: string): Promise<readonly string[]> {
  const { stdout } = await attemptCommand(["ldd", path]);
  return [...stdout.matchAll(/(?:=> )?(\/\S+) \(0x/g)].map((match) => match[1] ?? "");
}
