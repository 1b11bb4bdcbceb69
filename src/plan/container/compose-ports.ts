import { isMap, isSeq, type YAMLMap } from "yaml";
import {
  ComposeFaultError,
  findPair,
  insertLineBehind,
  own,
  readScalar,
  toIndent,
  type ComposeService,
  type Written,
} from "./compose-document.ts";
import type { TextEdit } from "./line-edits.ts";
import type { PortMove } from "./published.ts";

export interface FoundPort {
  readonly port: PortMove;
  /** Null: it is on loopback already. */
  readonly edit: TextEdit | null;
}

const SHORT =
  /^(?:(?:(?<address>\[[^\]]+\]|[\d.]+):)?(?<published>\d+(?:-\d+)?)?:)?(?<target>\d+(?:-\d+)?)(?:\/(?<protocol>[a-z]+))?$/;
const ON_LOOPBACK = /^(?:127\.[\d.]+|\[?::1\]?)$/;

/** Finds where a service publishes these ports, and what to change there. Throws a `ComposeFaultError`. */
export function findPorts({ text, map }: ComposeService, ports: readonly PortMove[]): readonly FoundPort[] {
  const list = own(findPair(map, "ports")?.value);
  if (list === null) return [];
  if (!isSeq(list)) throw new ComposeFaultError("unknown-form");
  return list.items.flatMap((item): readonly FoundPort[] => {
    const node = own(item);
    if (isMap(node)) return findLong(text, node, ports);
    const written = readScalar(text, item);
    return written === null ? [] : findShort(written, ports);
  });
}

/** What to change of `ADDRESS:PUBLISHED:TARGET/PROTOCOL`, of which parts may be left out. Throws a `ComposeFaultError`. */
export function findShort(written: Written, ports: readonly PortMove[]): readonly FoundPort[] {
  const groups = SHORT.exec(written.value)?.groups;
  if (groups === undefined) throw new ComposeFaultError("unknown-form");
  const { address, published = "", target = "", protocol } = groups;
  const port = match({ target, published, protocol }, ports);
  if (port === null) return [];
  if (address !== undefined && ON_LOOPBACK.test(address)) return [{ port, edit: null }];
  const isV6 = port.loopback === "::1";
  const host = isV6 ? "[::1]" : "127.0.0.1";
  if (isV6 && !written.isQuoted) {
    // Unquoted, a bracket begins a list.
    const rest = written.value.slice(address === undefined ? 0 : address.length + 1);
    return [{ port, edit: { start: written.start, end: written.end, text: `"${host}:${rest}"` } }];
  }
  const end = written.start + (address?.length ?? 0);
  return [{ port, edit: { start: written.start, end, text: address === undefined ? `${host}:` : host } }];
}

function findLong(text: string, map: YAMLMap, ports: readonly PortMove[]): readonly FoundPort[] {
  if (findPair(map, "<<") !== null) throw new ComposeFaultError("merge");
  const read = (key: string): Written | null => readScalar(text, findPair(map, key)?.value);
  const published = read("published");
  const port = match(
    { target: read("target")?.value ?? "", published: published?.value ?? "", protocol: read("protocol")?.value },
    ports,
  );
  if (port === null || published === null) return [];
  const address = read("host_ip");
  const value = port.loopback === "::1" ? '"::1"' : port.loopback;
  if (address === null) return [{ port, edit: toAddedAddress(text, map, published, `host_ip: ${value}`) }];
  if (ON_LOOPBACK.test(address.value)) return [{ port, edit: null }];
  const put = address.isQuoted ? port.loopback : value;
  return [{ port, edit: { start: address.start, end: address.end, text: put } }];
}

function toAddedAddress(text: string, map: YAMLMap, published: Written, entry: string): TextEdit {
  const behind = published.end + (published.isQuoted ? 1 : 0);
  if (map.flow === true) return { start: behind, end: behind, text: `, ${entry}` };
  const key = map.items[0]?.key;
  const first = readScalar(text, key);
  if (first === null) throw new ComposeFaultError("unknown-form");
  return insertLineBehind(text, behind, `${toIndent(text, first.start - (first.isQuoted ? 1 : 0))}${entry}`);
}

/** The port that an entry is about. Throws where it is one of several that the entry stands for. */
function match(
  entry: { readonly target: string; readonly published: string; readonly protocol: string | undefined },
  ports: readonly PortMove[],
): PortMove | null {
  if (entry.protocol !== undefined && entry.protocol !== "tcp") return null;
  const found = ports.find(
    ({ containerPort, hostPort }) => isIn(entry.target, containerPort) && isIn(entry.published, hostPort),
  );
  if (found === undefined) return null;
  if (entry.target.includes("-") || entry.published.includes("-")) throw new ComposeFaultError("port-range");
  return found;
}

function isIn(range: string, port: number): boolean {
  const [first = "", last = first] = range.split("-");
  return first !== "" && Number(first) <= port && port <= Number(last);
}
