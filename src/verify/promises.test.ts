import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Route, RouteVerdict, Vantage } from "../judge/route.ts";
import type { Server } from "../judge/server.ts";
import type { Claim } from "../plan/plan.ts";
import { findBrokenPromises } from "./promises.ts";
import type { Place, TriedConnection } from "./proofs.ts";

const LAN: Vantage = { vantage: "neighbour", interface: "eth0", sources: ["10.77.0.0/24"], except: [] };
const WORLD: Vantage = { vantage: "internet", interface: "eth0", sources: ["0.0.0.0/0"], except: [] };
const ENTRY = { address: "10.77.0.10", port: 11434 };
const NEIGHBOUR: Place = { kind: "namespace", as: "neighbour", source: "198.18.0.2" };
const STRANGER: Place = { kind: "namespace", as: "stranger", source: "198.18.1.129" };

function route(from: Vantage, verdict: RouteVerdict, entry = ENTRY): Route {
  return { from, entry, hops: [{ kind: "direct" }], barriers: [], verdict, upstreamUnseen: false, proof: null };
}

function server(...routes: readonly Route[]): Pick<Server, "routes"> & Server {
  return {
    id: "ollama-1",
    kind: "ollama",
    version: "0.24.0",
    verdict: "local",
    runBy: { kind: "unknown" },
    process: null,
    listeners: [],
    settings: [],
    routes,
  };
}

function tried(place: Place, verdict: RouteVerdict, expected: RouteVerdict, to = ENTRY): TriedConnection {
  const at = "2026-11-28T06:00:00.000Z";
  const outcome = { kind: "refused", detail: null } as const;
  return { at, server: "ollama-1", place, to, outcome, verdict, expected, agrees: verdict === expected };
}

const CLAIM: Claim = { server: "ollama-1", from: LAN, entry: ENTRY };

const CASES: readonly (readonly [
  what: string,
  now: Server,
  proofs: readonly TriedConnection[],
  open: boolean,
  claim?: Claim,
])[] = [
  [
    "closed by the judge, refused to a neighbour",
    server(route(LAN, "closed")),
    [tried(NEIGHBOUR, "closed", "closed")],
    false,
  ],
  ["closed by the judge, and nobody could try", server(route(LAN, "closed")), [], false],
  ["gone from the report", server(), [], false],
  ["still open by the judge", server(route(LAN, "open")), [], true],
  [
    "closed by the judge, and a neighbour was served",
    server(route(LAN, "closed")),
    [tried(NEIGHBOUR, "open", "closed")],
    true,
  ],
  [
    "a guest whom the rules let in by his own interface",
    server(route(LAN, "closed")),
    [tried(NEIGHBOUR, "open", "open")],
    false,
  ],
  ["not known, and nobody could try", server(route(LAN, "unknown")), [], true],
  [
    "not known, and a neighbour was refused",
    server(route(LAN, "unknown")),
    [tried(NEIGHBOUR, "closed", "unknown")],
    false,
  ],
  [
    "not known, and only a stranger was refused",
    server(route(LAN, "unknown")),
    [tried(STRANGER, "closed", "unknown")],
    true,
  ],
  [
    "not known from the internet, and a stranger was refused",
    server(route(WORLD, "unknown")),
    [tried(STRANGER, "closed", "unknown")],
    false,
    { ...CLAIM, from: WORLD },
  ],
  ["open at another address", server(route(LAN, "open", { address: "10.78.0.10", port: 11434 })), [], false],
  [
    "open to the colleague who is allowed",
    server(route({ ...LAN, sources: ["10.77.0.20/32"] }, "open")),
    [],
    false,
    {
      ...CLAIM,
      from: { ...LAN, except: ["10.77.0.20/32"] },
    },
  ],
];

describe("what a plan promised is", () => {
  for (const [what, now, proofs, open, claim = CLAIM] of CASES) {
    test(`${open ? "broken" : "kept"}: ${what}`, () => {
      const broken = findBrokenPromises({ claims: [claim] }, { servers: [now] }, proofs);
      assert.deepEqual(broken, { open: open ? [ENTRY] : [], mute: [] });
    });
  }

  test("broken: the host's own programs get no answer any more", () => {
    const own = tried({ kind: "host" }, "closed", "open", { address: "127.0.0.1", port: 11434 });
    const { mute } = findBrokenPromises({ claims: [CLAIM] }, { servers: [server()] }, [own]);
    assert.deepEqual(mute, ["ollama-1"]);
  });
});
