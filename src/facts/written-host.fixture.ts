import type { HostReader, Output, Reading, ReadRequest, RequestOutcome } from "../host/host.ts";

/** A host as a test writes it down; everything that is not in it is absent. */
export interface WrittenHost {
  readonly files?: Readonly<Record<string, string>>;
  readonly links?: Readonly<Record<string, string>>;
  /** Paths, commands or patterns of links that may not be read. */
  readonly denied?: readonly string[];
  /** By command line: what it prints, or all it leaves behind. */
  readonly commands?: Readonly<Record<string, string | Output>>;
  answer?(request: ReadRequest): Promise<RequestOutcome>;
}

/**
 * A door to a host that exists only in a test, for what no machine at hand can show: missing tools, missing
 * rights, other kernels. Not part of the product.
 */
export function openWrittenHost(host: WrittenHost): HostReader & { readonly asked: readonly string[] } {
  const asked: string[] = [];
  function read<T>(from: string, value: T | undefined): Reading<T> {
    asked.push(from);
    if (host.denied?.includes(from) === true) return { ok: false, why: "denied", from };
    return value === undefined ? { ok: false, why: "absent", from } : { ok: true, value, from };
  }
  return {
    asked,
    target: "written",
    lagMs: 0,
    readFile: async (path) => read(path, host.files?.[path]),
    listDirectory: async (path) => {
      const names = Object.keys({ ...host.files, ...host.links })
        .filter((name) => name.startsWith(`${path}/`))
        .map((name) => name.slice(path.length + 1).split("/", 1)[0] ?? "");
      return read(path, names.length === 0 ? undefined : [...new Set(names)].toSorted());
    },
    readLinks: async (pattern) => {
      const shape = new RegExp(
        `^${pattern
          .split("*")
          .map((part) => part.replace(/[.+]/g, "\\$&"))
          .join("[^/]+")}$`,
      );
      const links = Object.entries(host.links ?? {}).flatMap(([path, target]) =>
        shape.test(path) ? [{ path, target }] : [],
      );
      return read(pattern, { links, denied: (host.denied ?? []).filter((path) => shape.test(path)).length });
    },
    stat: async (path) => {
      const there = Object.keys({ ...host.files, ...host.links }).some((name) => `${name}/`.startsWith(`${path}/`));
      const status = {
        kind: "file",
        mode: 0o644,
        uid: 0,
        gid: 0,
        sizeBytes: 0,
        modifiedAt: "2026-01-01T00:00:00.000Z",
      } as const;
      return read(path, there ? status : undefined);
    },
    run: async (command) => {
      const line = command.join(" ");
      const output = host.commands?.[line];
      return read(line, typeof output === "string" ? { exitCode: 0, stdout: output, stderr: "" } : output);
    },
    request: async (request) => (await host.answer?.(request)) ?? { kind: "refused" },
    close: async () => {},
  };
}
