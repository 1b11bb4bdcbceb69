import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { readPublicKey, toFingerprint } from "./ollama-signature.ts";

const folder = mkdtempSync(join(tmpdir(), "portlock-ollama-"));
after(() => rmSync(folder, { recursive: true }));

function generate(kind: string): string {
  const file = join(folder, kind);
  spawnSync("ssh-keygen", ["-q", "-t", kind, "-N", "", "-C", "me@laptop", "-f", file]);
  return readFileSync(`${file}.pub`, "utf8");
}

const KEY = "AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f";

test("a public key as ssh-keygen writes it is read without its comment", () => {
  const text = generate("ed25519");
  const [algorithm, base64 = ""] = text.split(" ");
  assert.deepEqual(readPublicKey(text), {
    text: `${algorithm} ${base64}`,
    fingerprint: toFingerprint(base64),
  });
});

const REFUSED: readonly (readonly [what: string, text: string])[] = [
  ["of another kind", generate("ecdsa")],
  ["of another kind that says it is Ed25519", generate("ecdsa").replace(/^\S+/, "ssh-ed25519")],
  ["that was cut", `ssh-ed25519 ${KEY.slice(0, -4)}`],
  ["with something behind it", `ssh-ed25519 ${KEY}AAAA`],
  ["in another writing of the same bytes", `ssh-ed25519 ${KEY.replace("C3Nz", "C3N\u200bz")}`],
  ["without its kind", KEY],
  ["that is a certificate", `ssh-ed25519-cert-v01@openssh.com ${KEY}`],
  ["that is the private one", "-----BEGIN OPENSSH PRIVATE KEY-----"],
  ["that is nothing", ""],
];
for (const [what, text] of REFUSED) {
  test(`a key ${what} is none of Ollama's`, () => assert.equal(readPublicKey(text), null));
}
