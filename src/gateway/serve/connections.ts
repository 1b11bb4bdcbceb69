import type { Socket } from "node:net";
import type { Exchange } from "./exchange.ts";

/** What one client's connections may hold. */
export interface ConnectionCaps {
  readonly total: number;
  /** Of one address that is not this machine's own. */
  readonly perAddress: number;
}

/** Requests that may wait on one connection for the answer to an earlier one. */
const MOST_PIPELINED = 8;

interface Connection {
  readonly peer: string;
  current: Exchange | null;
  readonly waiting: (() => void)[];
}

/**
 * Every connection, with the request that is under way on it. Where there are too many, the one that has been idle for
 * longest goes, so that idle ones cannot keep out somebody who has something to ask.
 */
export class Connections {
  readonly #caps: ConnectionCaps;
  readonly #all = new Map<Socket, Connection>();
  /** In the order in which they became idle. */
  readonly #idle = new Set<Socket>();
  readonly #byAddress = new Map<string, number>();
  #refused = 0;

  constructor(caps: ConnectionCaps) {
    this.#caps = caps;
  }

  /** Takes a new connection in, or ends it. */
  open(socket: Socket): void {
    const peer = toPeer(socket.remoteAddress);
    const ofPeer = this.#byAddress.get(peer) ?? 0;
    if (peer === "" || (ofPeer >= this.#caps.perAddress && !isLoopback(peer)) || !this.#makeRoom()) {
      this.#refused += 1;
      socket.destroy();
      return;
    }
    this.#byAddress.set(peer, ofPeer + 1);
    this.#all.set(socket, { peer, current: null, waiting: [] });
    this.#idle.add(socket);
    socket.once("close", () => this.#forget(socket, peer));
  }

  #makeRoom(): boolean {
    if (this.#all.size < this.#caps.total) return true;
    const [longestIdle] = this.#idle;
    if (longestIdle === undefined) return false;
    this.#idle.delete(longestIdle);
    longestIdle.destroy();
    return true;
  }

  #forget(socket: Socket, peer: string): void {
    this.#all.delete(socket);
    this.#idle.delete(socket);
    const left = (this.#byAddress.get(peer) ?? 1) - 1;
    if (left === 0) this.#byAddress.delete(peer);
    else this.#byAddress.set(peer, left);
  }

  /** Address of the other end; null where the connection was not taken in. */
  peerOf(socket: Socket): string | null {
    return this.#all.get(socket)?.peer ?? null;
  }

  /**
   * Begins a request when the one before it on its connection has ended: what is pipelined is served one after the
   * other, each with its own credential.
   */
  enter(socket: Socket, begin: () => Exchange): void {
    const connection = this.#all.get(socket);
    if (connection === undefined || connection.waiting.length >= MOST_PIPELINED) {
      socket.destroy();
      return;
    }
    const start = (): void => {
      this.#idle.delete(socket);
      connection.current = begin();
    };
    if (connection.current === null) start();
    else connection.waiting.push(start);
  }

  /** The request on this connection has ended. */
  leave(socket: Socket): void {
    const connection = this.#all.get(socket);
    if (connection === undefined) return;
    connection.current = null;
    const next = connection.waiting.shift();
    if (next !== undefined) next();
    else if (!socket.destroyed) this.#idle.add(socket);
  }

  get count(): number {
    return this.#all.size;
  }

  get refused(): number {
    return this.#refused;
  }

  destroyIdle(): void {
    for (const socket of this.#idle) socket.destroy();
  }

  destroyAll(): void {
    for (const socket of this.#all.keys()) socket.destroy();
  }
}

/** An address without the prefix that an IPv4 one has on an IPv6 socket; empty where the other end is gone already. */
function toPeer(address: string | undefined): string {
  return address === undefined ? "" : address.replace(/^::ffff:(?=\d+\.)/i, "");
}

function isLoopback(address: string): boolean {
  return address.startsWith("127.") || address === "::1";
}
