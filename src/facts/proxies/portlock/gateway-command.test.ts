import assert from "node:assert/strict";
import { test } from "node:test";
import { type GatewayCommand, parseGatewayCommand } from "./gateway-command.ts";

const USUAL: GatewayCommand = {
  listen: { address: "127.0.0.1", port: 11_435 },
  upstream: null,
  tls: false,
  demandsCertificate: false,
  origins: [],
};
const OLLAMA = { kind: "tcp", host: "127.0.0.1", port: 11_434, tls: false } as const;

const CASES: readonly (readonly [words: string, command: Partial<GatewayCommand> | null])[] = [
  ["node /usr/local/bin/portlock gateway", {}],
  ["/usr/bin/node /usr/lib/node_modules/portlock/dist/main.js gateway run", {}],
  [
    "node --no-warnings /opt/portlock/src/main.ts gateway --listen 11999",
    { listen: { address: "127.0.0.1", port: 11_999 } },
  ],
  [
    "node main.js gateway run --listen=[::]:443 --tls-cert=a --tls-key=b",
    { listen: { address: "::", port: 443 }, tls: true },
  ],
  [
    "node main.js gateway --listen localhost:80 --tls-self-signed",
    { listen: { address: "127.0.0.1", port: 80 }, tls: true },
  ],
  ["node main.js gateway --upstream http://127.0.0.1:11434", { upstream: OLLAMA }],
  [
    "node main.js gateway --upstream https://models",
    { upstream: { kind: "tcp", host: "models", port: 443, tls: true } },
  ],
  ["node main.js gateway --upstream unix:///run/o.sock", { upstream: { kind: "unix", path: "/run/o.sock" } }],
  ["node main.js gateway --client-ca ca.pem", { demandsCertificate: true }],
  ["node main.js gateway --origin https://a --origin=https://b", { origins: ["https://a", "https://b"] }],
  ["node main.js gateway --upstream unix:secret=/x y", { upstream: null }],
  ["node main.js gateway --upstream http://me:secret@127.0.0.1:11434", { upstream: OLLAMA }],
  ["node main.js gateway --origin https://me:secret@a --origin secret", {}],
  ["node main.js gateway install --listen 0.0.0.0:1", null],
  ["node main.js gateway log list", null],
  ["node main.js keys create gateway", null],
  ["node server.js gateway", null],
  ["node gateway", null],
  ["node main.js gateway --listen nonsense", null],
  ["node", null],
];

for (const [words, command] of CASES) {
  test(`${words}: ${command === null ? "no gateway" : "a gateway"}`, () => {
    assert.deepEqual(parseGatewayCommand(words.split(" ")), command === null ? null : { ...USUAL, ...command });
  });
}
