import { HostError } from "./host-error.ts";

/** A host behind SSH as the user named it. What is null is left to the user's SSH configuration. */
export interface SshTarget {
  /** As it was given. */
  readonly text: string;
  readonly user: string | null;
  /** A name, an alias of the SSH configuration, or an address without brackets. */
  readonly host: string;
  readonly port: number | null;
}

// No name begins with a dash, or the SSH client would read it as an option; no name holds what a ProxyCommand
// could hand to a shell.
const NAME = /^[A-Za-z0-9_][A-Za-z0-9_.-]*$/;
const USER = /^[A-Za-z0-9_][A-Za-z0-9_.+-]*$/;
const ADDRESS = /^\[([0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*(?:%[A-Za-z0-9_.-]+)?)\]$/;

/** Reads `ssh://[user@]host[:port]`; throws a `HostError` for anything else. */
export function parseSshTarget(text: string): SshTarget {
  const parts = /^ssh:\/\/(?:([^@/]*)@)?(\[[^\]@/]*\]|[^:@/]*)(?::(\d{1,5}))?\/?$/.exec(text);
  if (!parts) throw refuse(text, "does not read as ssh://user@host:port");
  const [, user, host = "", port] = parts;
  if (user?.includes(":") === true) throw refuse("ssh://…", "holds a password, which Portlock never takes");
  const address = ADDRESS.exec(host)?.[1];
  if (address === undefined && !NAME.test(host)) throw refuse(text, "names no host");
  if (user !== undefined && !USER.test(user)) throw refuse(text, "names no user");
  if (port !== undefined && (Number(port) < 1 || Number(port) > 65_535)) throw refuse(text, "names no port");
  return { text, user: user ?? null, host: address ?? host, port: port === undefined ? null : Number(port) };
}

function refuse(text: string, fault: string): HostError {
  const hint = "Write ssh://user@host:port, and put anything special under a short alias in your SSH configuration.";
  return new HostError("bad-target", text, `The target ${fault}: ${text}`, hint);
}
