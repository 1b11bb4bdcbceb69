import { X509Certificate, createPrivateKey } from "node:crypto";
import { readFile, stat } from "node:fs/promises";
import { createSecureContext } from "node:tls";
import { StartRefused } from "./start-refused.ts";

/** What a listener of TLS shows, and whom it lets in. */
export interface Certificate {
  /** PEM, the chain behind it included. */
  readonly cert: Buffer;
  /** PEM. */
  readonly key: Buffer;
  /** Authorities one of which has signed the certificate of each client; null: clients need none. */
  readonly clientCa: Buffer | null;
}

/** Files a certificate is read from, again and again. */
export interface CertificateSource {
  readonly certFile: string;
  readonly keyFile: string;
  readonly clientCaFile: string | null;
}

/**
 * Reads a pair and sees that it is one. Throws a `StartRefused` where a file cannot be read, where key and certificate
 * do not belong together, where others can read the key, or where the authority for clients is none.
 */
export async function readCertificate(source: CertificateSource): Promise<Certificate> {
  const { certFile, keyFile, clientCaFile } = source;
  const [cert, key] = await Promise.all([read(certFile), read(keyFile)]);
  const { mode } = await stat(keyFile);
  if ((mode & 0o007) !== 0) throw new StartRefused({ code: "tls-key-readable", data: { file: keyFile } });
  refuseMismatch(cert, key, source);
  if (clientCaFile === null) return { cert, key, clientCa: null };
  const clientCa = await read(clientCaFile);
  refuseBadAuthority(clientCa, clientCaFile);
  return { cert, key, clientCa };
}

function refuseMismatch(cert: Buffer, key: Buffer, { certFile, keyFile }: CertificateSource): void {
  let belongs = false;
  try {
    belongs = new X509Certificate(cert).checkPrivateKey(createPrivateKey(key));
    createSecureContext({ cert, key });
  } catch (error) {
    throw new StartRefused({ code: "tls-pair-broken", data: { file: certFile, detail: toDetail(error) } });
  }
  if (!belongs)
    throw new StartRefused({ code: "tls-pair-broken", data: { file: certFile, detail: `${keyFile} is another key` } });
}

/** Without a readable authority every client would be turned away, or, worse, none: it has to be a real one. */
function refuseBadAuthority(clientCa: Buffer, file: string): void {
  try {
    const blocks =
      clientCa.toString("latin1").match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
    if (blocks.length === 0) throw new Error("no certificate");
    for (const block of blocks) if (!new X509Certificate(block).ca) throw new Error("not an authority's certificate");
    createSecureContext({ ca: clientCa });
  } catch (error) {
    throw new StartRefused({ code: "client-ca-broken", data: { file, detail: toDetail(error) } });
  }
}

async function read(file: string): Promise<Buffer> {
  try {
    return await readFile(file);
  } catch (error) {
    throw new StartRefused({ code: "file-unreadable", data: { file, detail: toDetail(error) } });
  }
}

/** The code of an error, or its message: neither holds anything of a key. */
function toDetail(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return "code" in error && typeof error.code === "string" ? error.code : error.message;
}

const LOOK_AGAIN_MS = 2000;

/**
 * Looks every two seconds, and when told to, whether the files have changed, and hands on a new pair that is whole. A
 * broken one is told once, and the old one stays in use.
 */
export class CertificateWatch {
  readonly #source: CertificateSource;
  readonly #use: (certificate: Certificate) => void;
  readonly #onTrouble: (error: unknown) => void;
  readonly #timer: NodeJS.Timeout;
  #seen: string;

  /** `seen`: what `toFileState` gave before the pair in use was read. */
  constructor(
    source: CertificateSource,
    seen: string,
    use: (certificate: Certificate) => void,
    onTrouble: (error: unknown) => void,
  ) {
    this.#source = source;
    this.#seen = seen;
    this.#use = use;
    this.#onTrouble = onTrouble;
    this.#timer = setInterval(() => void this.look(), LOOK_AGAIN_MS).unref();
  }

  async look(): Promise<void> {
    const state = await toFileState(this.#source);
    if (state === this.#seen) return;
    this.#seen = state;
    try {
      this.#use(await readCertificate(this.#source));
    } catch (error) {
      this.#onTrouble(error);
    }
  }

  close(): void {
    clearInterval(this.#timer);
  }
}

/** A text that changes when one of the files does. */
export async function toFileState({ certFile, keyFile, clientCaFile }: CertificateSource): Promise<string> {
  const files = [certFile, keyFile, ...(clientCaFile === null ? [] : [clientCaFile])];
  const states = files.map(async (file) => {
    const found = await stat(file, { bigint: true }).catch(() => null);
    return found === null ? "absent" : `${found.dev}:${found.ino}:${found.size}:${found.mtimeNs}`;
  });
  return (await Promise.all(states)).join(" ");
}
