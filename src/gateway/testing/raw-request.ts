import { once } from "node:events";
import { connect, type Socket } from "node:net";

/** A connection on which a test says exactly which bytes go out, and sees which come in. */
export class RawConnection {
  readonly socket: Socket;
  #received = "";
  #hasEnded = false;
  #error: Error | null = null;

  constructor(socket: Socket) {
    this.socket = socket;
    socket.on("data", (chunk: Buffer) => {
      this.#received += chunk.toString("latin1");
    });
    socket.once("end", () => {
      this.#hasEnded = true;
    });
    socket.on("error", (error) => {
      this.#error = error;
    });
  }

  write(bytes: string | Uint8Array): void {
    this.socket.write(bytes);
  }

  /** Resolves when the other end has taken in what went before. */
  async send(bytes: Uint8Array): Promise<void> {
    if (!this.socket.write(bytes)) await once(this.socket, "drain");
  }

  /** All that has come, one character a byte. */
  get text(): string {
    return this.#received;
  }

  /** The other end has closed in order. */
  get hasEnded(): boolean {
    return this.#hasEnded;
  }

  /** What broke the connection; null where nothing did. */
  get error(): Error | null {
    return this.#error;
  }

  /** Resolves when that has come; rejects where the connection ends without it. */
  async until(mark: string | RegExp): Promise<string> {
    for (;;) {
      if (typeof mark === "string" ? this.text.includes(mark) : mark.test(this.text)) return this.text;
      if (this.socket.closed) throw new Error(`the connection ended without ${String(mark)}: ${this.text}`);
      await this.#change();
    }
  }

  /** Resolves with all that came when the connection has ended. */
  async end(): Promise<string> {
    while (!this.socket.closed) await this.#change();
    return this.text;
  }

  #change(): Promise<void> {
    return new Promise((resolve) => {
      const hear = (): void => {
        this.socket.off("data", hear).off("close", hear);
        resolve();
      };
      this.socket.on("data", hear).on("close", hear);
    });
  }

  destroy(): void {
    this.socket.destroy();
  }
}

/** Opens a connection to a loopback port. */
export async function openRaw(port: number): Promise<RawConnection> {
  const socket = connect({ port, host: "127.0.0.1", noDelay: true });
  const connection = new RawConnection(socket);
  await once(socket, "connect");
  return connection;
}

/** Lines of a request head with a loopback Host, and what follows it. */
export function toRequest(requestLine: string, headers: readonly string[] = [], body = ""): string {
  return [`${requestLine} HTTP/1.1`, "host: 127.0.0.1", ...headers, "", body].join("\r\n");
}

/** Sends bytes on a connection of its own and gives all that came until the other end closed it. */
export async function rawRequest(port: number, bytes: string | Uint8Array): Promise<string> {
  const connection = await openRaw(port);
  connection.write(bytes);
  return connection.end();
}

/** The statuses of the answers in a text, in turn. */
export function toStatuses(text: string): readonly number[] {
  return [...text.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, status]) => Number(status));
}
