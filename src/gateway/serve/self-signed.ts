import { X509Certificate } from "node:crypto";
import { execFile } from "node:child_process";
import { mkdir, readFile, rename, rm } from "node:fs/promises";
import { isIP } from "node:net";
import { join } from "node:path";
import { promisify } from "node:util";
import type { CertificateSource } from "./certificate.ts";
import { StartRefused } from "./start-refused.ts";

const DAYS = 825;
const RENEW_BEFORE_MS = 30 * 86_400_000;
const LIMIT_MS = 10_000;

/** What a certificate is for: what it has to be good for to be kept, and what else a new one is made for. */
interface Names {
  readonly needed: readonly string[];
  readonly more: readonly string[];
}

/**
 * A pair of this gateway's own in its data folder, for the names and addresses it is reached by; made by the `openssl`
 * command, for Node.js makes none. One that is there is kept as long as it is good, so that clients may remember it.
 */
export async function takeSelfSigned(folder: string, { needed, more }: Names): Promise<CertificateSource> {
  const source = { certFile: join(folder, "tls-cert.pem"), keyFile: join(folder, "tls-key.pem"), clientCaFile: null };
  if (await isGood(source.certFile, needed)) return source;
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const made = { cert: `${source.certFile}.new`, key: `${source.keyFile}.new` };
  try {
    await promisify(execFile)("openssl", toArguments(made, [...needed, ...more]), {
      timeout: LIMIT_MS,
      killSignal: "SIGKILL",
    });
    await rename(made.key, source.keyFile);
    await rename(made.cert, source.certFile);
  } catch (error) {
    throw new StartRefused({ code: "tls-self-signed-failed", data: { detail: toDetail(error) } });
  } finally {
    await Promise.all([rm(made.cert, { force: true }), rm(made.key, { force: true })]);
  }
  return source;
}

function toArguments(made: { readonly cert: string; readonly key: string }, names: readonly string[]): string[] {
  const alternatives = names.map((name) => `${isIP(name) === 0 ? "DNS" : "IP"}:${name}`).join(",");
  return [
    "req",
    "-x509",
    "-newkey",
    "ec",
    "-pkeyopt",
    "ec_paramgen_curve:prime256v1",
    "-nodes",
    "-sha256",
    "-days",
    String(DAYS),
    "-subj",
    "/CN=portlock gateway",
    "-addext",
    `subjectAltName=${alternatives}`,
    "-addext",
    "extendedKeyUsage=serverAuth",
    "-keyout",
    made.key,
    "-out",
    made.cert,
  ];
}

async function isGood(file: string, names: readonly string[]): Promise<boolean> {
  try {
    const certificate = new X509Certificate(await readFile(file));
    if (Date.parse(certificate.validTo) - RENEW_BEFORE_MS < Date.now()) return false;
    return names.every((name) =>
      isIP(name) === 0 ? certificate.checkHost(name) !== undefined : certificate.checkIP(name) !== undefined,
    );
  } catch {
    return false;
  }
}

/** SHA-256 of a certificate, as browsers and `openssl x509 -fingerprint` show it. */
export async function readFingerprint(certFile: string): Promise<string> {
  return new X509Certificate(await readFile(certFile)).fingerprint256;
}

function toDetail(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if ("code" in error && error.code === "ENOENT") return "the openssl command is not there";
  return "stderr" in error && typeof error.stderr === "string" ? error.stderr.trim().slice(-300) : error.message;
}
