import assert from "node:assert/strict";
import { test } from "node:test";
import { findingsOf } from "../../../test/findings.ts";
import { aHost } from "../testing/a-host.ts";
import type { AHost } from "../testing/a-host.ts";
import { SECOND_SERVER } from "./second-server.ts";

const BY_HAND = { pid: 900, port: 11435, process: { cgroup: { kind: "session", uid: 1000 } } } as const;
const CASES: readonly [name: string, host: AHost, found: string[]][] = [
  ["the service alone", aHost().ollama("127.0.0.1"), []],
  ["a server started by hand alone", aHost().ollama("127.0.0.1", BY_HAND), []],
  ["both", aHost().ollama("127.0.0.1").ollama("127.0.0.1", BY_HAND), ["low ollama-2: ollama-1, ollama-2"]],
  [
    "the one started by hand is open",
    aHost().ollama("127.0.0.1").ollama("::", BY_HAND),
    ["high ollama-2: ollama-1, ollama-2"],
  ],
  ["two services", aHost().ollama("127.0.0.1").ollama("127.0.0.1", { pid: 900, port: 11435 }), []],
];
for (const [name, host, found] of CASES) {
  test(name, () => {
    assert.deepEqual(
      findingsOf(SECOND_SERVER, host.facts).map(
        ({ severity, server, data }) => `${severity} ${String(server)}: ${data.servers.join(", ")}`,
      ),
      found,
    );
  });
}
