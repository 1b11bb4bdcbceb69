import { accessSync, constants, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { rolldown } from "rolldown";
import { runCommand } from "./command.ts";

const ENTRY = join(import.meta.dirname, "ollama-entry.ts");

/** The real Ollama of this machine where `PORTLOCK_LAB_OLLAMA=real` asks for it; throws where it has none. */
export function findRealOllama(): string | null {
  if (process.env["PORTLOCK_LAB_OLLAMA"] !== "real") return null;
  for (const directory of (process.env["PATH"] ?? "").split(":")) {
    try {
      accessSync(join(directory, "ollama"), constants.X_OK);
      return join(directory, "ollama");
    } catch {
      // not in this one
    }
  }
  throw new Error("lab: PORTLOCK_LAB_OLLAMA=real, and there is no ollama on PATH");
}

/**
 * Writes the stand-in as one executable, so that its process looks like Ollama's from everywhere: the path of
 * the executable, the arguments and the process name. `workDirectory` holds what is made on the way.
 */
export async function buildOllama(path: string, workDirectory: string): Promise<void> {
  // An application in an executable is a CommonJS script, and no module's own command may start beside it.
  const transform = { define: { "import.meta.main": "false" } };
  const bundle = await rolldown({ input: ENTRY, platform: "node", transform, logLevel: "silent" });
  const script = join(workDirectory, "ollama.cjs");
  await bundle.write({ file: script, format: "cjs", codeSplitting: false });
  await bundle.close();
  const blob = join(workDirectory, "ollama.blob");
  const configuration = join(workDirectory, "ollama.json");
  writeFileSync(configuration, JSON.stringify({ main: script, output: blob, disableExperimentalSEAWarning: true }));
  await runCommand([process.execPath, "--experimental-sea-config", configuration]);
  writeFileSync(path, joinExecutable(readFileSync(process.execPath), readFileSync(blob)), { mode: 0o755 });
}

const FUSE = "NODE_SEA_FUSE_fce680ab2cc467b6e072b8b5df1996b2:0";
const NOTE_NAME = "NODE_SEA_BLOB";
const PAGE = 4096;
const GAP = 0x10_0000n;
/** Types of program headers, elf(5). */
const LOAD = 1;
const NOTE = 4;
const READ_ONLY_RELOCATIONS = 0x6474e552;

/**
 * Node's single executable application: the blob stands in the executable as an ELF note that is mapped at
 * start, and a fuse in Node's text is set. The tool Node's manual names for this, postject, would be a
 * package of its own; here two program headers that the program can do without are given new work, the old
 * note's (build id) and that of the relocations that are read-only after start.
 */
function joinExecutable(node: Buffer, blob: Buffer): Buffer {
  const image = Buffer.from(node);
  const fuse = image.indexOf(FUSE);
  if (fuse < 0) throw new Error("lab: this Node.js cannot carry an application (a distribution's build)");
  image.write("1", fuse + FUSE.length - 1);

  const headers = listProgramHeaders(image);
  const note = headers.find((header) => header.type === NOTE);
  const spare = headers.find((header) => header.type === READ_ONLY_RELOCATIONS);
  if (note === undefined || spare === undefined) throw new Error("lab: this Node.js has no spare program header");
  const body = toNote(blob);
  const offset = Math.ceil(image.length / PAGE) * PAGE;
  const top = headers.filter((header) => header.type === LOAD).reduce((most, { end }) => (end > most ? end : most), 0n);
  const address = (top / GAP + 2n) * GAP;
  writeProgramHeader(image, note.at, { type: LOAD, offset, address, size: body.length, align: PAGE });
  writeProgramHeader(image, spare.at, { type: NOTE, offset, address, size: body.length, align: 4 });
  return Buffer.concat([image, Buffer.alloc(offset - image.length), body]);
}

interface ProgramHeader {
  /** Offset of the header itself. */
  readonly at: number;
  readonly type: number;
  /** First address after the segment in memory. */
  readonly end: bigint;
}

function listProgramHeaders(image: Buffer): readonly ProgramHeader[] {
  const first = Number(image.readBigUInt64LE(32));
  const size = image.readUInt16LE(54);
  return Array.from({ length: image.readUInt16LE(56) }, (_, index) => {
    const at = first + index * size;
    const end = image.readBigUInt64LE(at + 16) + image.readBigUInt64LE(at + 40);
    return { at, type: image.readUInt32LE(at), end };
  });
}

function writeProgramHeader(
  image: Buffer,
  at: number,
  header: {
    readonly type: number;
    readonly offset: number;
    readonly address: bigint;
    readonly size: number;
    readonly align: number;
  },
): void {
  const readable = 4;
  image.writeUInt32LE(header.type, at);
  image.writeUInt32LE(readable, at + 4);
  image.writeBigUInt64LE(BigInt(header.offset), at + 8);
  image.writeBigUInt64LE(header.address, at + 16);
  image.writeBigUInt64LE(header.address, at + 24);
  image.writeBigUInt64LE(BigInt(header.size), at + 32);
  image.writeBigUInt64LE(BigInt(header.size), at + 40);
  image.writeBigUInt64LE(BigInt(header.align), at + 48);
}

function toNote(blob: Buffer): Buffer {
  const name = Buffer.from(`${NOTE_NAME}\0`);
  const head = Buffer.alloc(12); // sizes of name and content, and a type that means nothing
  head.writeUInt32LE(name.length, 0);
  head.writeUInt32LE(blob.length, 4);
  return Buffer.concat([head, padded(name), padded(blob)]);
}

function padded(bytes: Buffer): Buffer {
  return Buffer.concat([bytes, Buffer.alloc((4 - (bytes.length % 4)) % 4)]);
}
