import assert from "node:assert/strict";
import { describe, test } from "node:test";
import * as fc from "fast-check";
import { applyEdit } from "../file-edit.ts";
import { editComposeFiles, listVariables, type ComposeEdits } from "./compose-file.ts";
import type { PortMove } from "./published.ts";

const PORT: PortMove = { hostPort: 11_434, containerPort: 11_434, loopback: "127.0.0.1" };
const V6: PortMove = { ...PORT, loopback: "::1" };

function edit(text: string, ports: readonly PortMove[] = [PORT], variable: string | null = null): ComposeEdits {
  const wish = { service: "llm", ports, variable: variable === null ? null : { name: "OLLAMA_HOST", value: variable } };
  return editComposeFiles([{ path: "/a.yml", text }], wish);
}

function after(text: string, edits: ComposeEdits): string {
  assert.ok(edits.ok, JSON.stringify(edits));
  const [first] = edits.edits;
  if (first === undefined) return text;
  const edited = applyEdit(text, { kind: "splice", splices: first.splices });
  assert.ok(edited.ok);
  return edited.text ?? "";
}

const IN_SERVICE = "services:\n  llm:\n    image: ollama/ollama\n";

const PLACES: readonly (readonly [what: string, before: string, after: string, port?: PortMove])[] = [
  ["quoted", '    ports:\n      - "11434:11434"\n', '    ports:\n      - "127.0.0.1:11434:11434"\n'],
  ["in single quotes", "    ports: ['11434:11434']\n", "    ports: ['127.0.0.1:11434:11434']\n"],
  ["bare", "    ports:\n    - 11434:11434\n", "    ports:\n    - 127.0.0.1:11434:11434\n"],
  [
    "with an address, a protocol and a comment",
    "    ports:\n      # everybody\n      - 0.0.0.0:11434:11434/tcp   # for the office\n",
    "    ports:\n      # everybody\n      - 127.0.0.1:11434:11434/tcp   # for the office\n",
  ],
  [
    "one of several",
    '    ports:\n      - "8080:8080"\n      - "11434:11434"\n      - "11434:11434/udp"\n      - "53"\n',
    '    ports:\n      - "8080:8080"\n      - "127.0.0.1:11434:11434"\n      - "11434:11434/udp"\n      - "53"\n',
  ],
  [
    "two on one line",
    "    ports: [8080:80, 11434:11434, 192.168.1.10:11434:11434]\n",
    "    ports: [8080:80, 127.0.0.1:11434:11434, 127.0.0.1:11434:11434]\n",
  ],
  [
    "beside a range",
    '    ports: ["3000-3010:3000-3010", "11434:11434"]\n',
    '    ports: ["3000-3010:3000-3010", "127.0.0.1:11434:11434"]\n',
  ],
  [
    "another port of the host",
    '    ports: ["80:11434"]\n',
    '    ports: ["127.0.0.1:80:11434"]\n',
    { ...PORT, hostPort: 80 },
  ],
  ["on IPv6 alone", '    ports: ["[::]:11434:11434"]\n', '    ports: ["[::1]:11434:11434"]\n', V6],
  [
    "bare, on IPv6 alone",
    "    ports:\n      - 11434:11434 # six\n",
    '    ports:\n      - "[::1]:11434:11434" # six\n',
    V6,
  ],
  ["on loopback already", '    ports: ["127.0.0.1:11434:11434"]\n', '    ports: ["127.0.0.1:11434:11434"]\n'],
  [
    "in the long form",
    "    ports:\n      - target: 11434\n        published: 11434 # x\n        protocol: tcp\n        mode: host\n",
    "    ports:\n      - target: 11434\n        published: 11434 # x\n        host_ip: 127.0.0.1\n        protocol: tcp\n        mode: host\n",
  ],
  [
    "in the long form, quoted, at the end of the file",
    '    ports:\n      - published: "11434"\n        target: "11434"',
    '    ports:\n      - published: "11434"\n        host_ip: 127.0.0.1\n        target: "11434"',
  ],
  [
    "in the long form with an address",
    "    ports:\n      - target: 11434\n        host_ip: 0.0.0.0\n        published: '11434'\n",
    "    ports:\n      - target: 11434\n        host_ip: 127.0.0.1\n        published: '11434'\n",
  ],
  [
    "in the long form on one line",
    "    ports: [{target: 11434, published: 11434, protocol: tcp}]\n",
    "    ports: [{target: 11434, published: 11434, host_ip: 127.0.0.1, protocol: tcp}]\n",
  ],
];

describe("a port of a compose file that is published", () => {
  for (const [what, before, expected, port = PORT] of PLACES) {
    test(what, () => {
      const rest = "  other:\n    ports: ['11434:11434'] # not this one\nvolumes: {m: }\n";
      const [start, end] = before.endsWith("\n") ? [IN_SERVICE, rest] : [IN_SERVICE, ""];
      const text = start + before + end;
      assert.equal(after(text, edit(text, [port])), start + expected + end);
    });
  }
});

test("line ends of another system stay", () => {
  const text = `${IN_SERVICE}    ports:\n      - target: 11434\n        published: 11434\n    tty: true\n`;
  const [before, expected] = [text, text.replace("published: 11434", "published: 11434\n        host_ip: 127.0.0.1")];
  assert.equal(
    after(before.replaceAll("\n", "\r\n"), edit(before.replaceAll("\n", "\r\n"))),
    expected.replaceAll("\n", "\r\n"),
  );
});

const REFUSED: readonly (readonly [why: string, text: string])[] = [
  ["variable", `${IN_SERVICE}    ports: ["\${PORT:-11434}:11434"]\n`],
  ["port-range", `${IN_SERVICE}    ports: ["11430-11440:11430-11440"]\n`],
  ["anchor", `x-ports: &ports ["11434:11434"]\n${IN_SERVICE}    ports: *ports\n`],
  ["anchor", `${IN_SERVICE}    ports: &ports ["11434:11434"]\n`],
  ["anchor", "services:\n  llm: &base\n    ports: ['11434:11434']\n"],
  ["anchor", `x-port: &port "11434:11434"\n${IN_SERVICE}    ports: [*port]\n`],
  ["port-not-found", `x-base: &base\n  ports: ["11434:11434"]\n${IN_SERVICE}    <<: *base\n`],
  ["extends", `${IN_SERVICE}    extends: {service: base}\n    ports: ["11434:11434"]\n`],
  ["tag", `${IN_SERVICE}    ports: !override ["11434:11434"]\n`],
  ["port-not-found", `${IN_SERVICE}    ports: ["11434"]\n`],
  ["port-not-found", `${IN_SERVICE}    network_mode: service:vpn\n`],
  ["port-not-found", "include: [other.yml]\nservices: {}\n"],
  ["port-not-found", "services:\n  other:\n    ports: ['11434:11434']\n"],
  ["unknown-form", `${IN_SERVICE}    ports: ["a:b:c:d"]\n`],
  ["unknown-form", `${IN_SERVICE}    ports:\n      - |-\n        11434:11434\n`],
  ["unknown-form", `${IN_SERVICE}    ports: ["114\\x334:11434"]\n`],
  ["unknown-form", `${IN_SERVICE}    ports: 11434\n`],
  ["merge", `x-p: &p {target: 11434}\n${IN_SERVICE}    ports: [{<<: *p, published: 11434}]\n`],
  ["not-yaml", "services: [\n"],
  ["not-yaml", "services: {}\n---\nservices: {}\n"],
  ["not-yaml", "[".repeat(50_000)],
  ["not-yaml", "just words"],
];

describe("a compose file that is not edited", () => {
  for (const [why, text] of REFUSED) {
    test(`${why}: ${JSON.stringify(text.slice(-60))}`, () => {
      assert.deepEqual(edit(text), { ok: false, path: "/a.yml", why });
    });
  }

  test("whatever it holds, does not make it throw", () => {
    const piece = fc.constantFrom(
      "services:",
      "llm:",
      "ports:",
      "- ",
      "\n",
      "  ",
      '"11434:11434"',
      "&a ",
      "*a",
      "{",
      "}",
    );
    fc.assert(fc.property(fc.array(piece, { maxLength: 24 }), (pieces) => void edit(pieces.join(""))));
  });
});

test("each file that publishes the port is edited, for Compose joins the lists of all", () => {
  const base = `${IN_SERVICE}    ports: ["11434:11434"]\n`;
  const override = 'services: {llm: {ports: ["0.0.0.0:11434:11434"]}}\n';
  const files = [base, "services: {other: {}}\n", override].map((text, index) => ({ path: `/${index}.yml`, text }));
  const edited = editComposeFiles(files, { service: "llm", ports: [PORT], variable: null });
  assert.ok(edited.ok);
  assert.deepEqual(
    edited.edits.map(({ path, splices }) => [path, splices.flatMap(({ inserted }) => inserted)]),
    [
      ["/0.yml", ['    ports: ["127.0.0.1:11434:11434"]']],
      ["/2.yml", ['services: {llm: {ports: ["127.0.0.1:11434:11434"]}}']],
    ],
  );
});

const VALUE = "127.0.0.1:11434";
const VARIABLES: readonly (readonly [what: string, before: string, after: string | null])[] = [
  [
    "in a list",
    "    environment:\n      - OLLAMA_HOST=0.0.0.0 # all\n      - A=b\n",
    "    environment:\n      - OLLAMA_HOST=127.0.0.1:11434 # all\n      - A=b\n",
  ],
  [
    "in a map",
    '    environment:\n      OLLAMA_HOST: "0.0.0.0:11434"\n',
    '    environment:\n      OLLAMA_HOST: "127.0.0.1:11434"\n',
  ],
  [
    "in a list that does not say it",
    "    environment:\n      - A=b\n",
    "    environment:\n      - OLLAMA_HOST=127.0.0.1:11434\n      - A=b\n",
  ],
  [
    "in a map that does not say it",
    "    environment:\n      A: b\n",
    "    environment:\n      OLLAMA_HOST: 127.0.0.1:11434\n      A: b\n",
  ],
  ["handed on from a shell", "    environment: [OLLAMA_HOST]\n", null],
  ["in a list on one line", "    environment: [A=b]\n", null],
  ["by an anchor", "    environment: &e {OLLAMA_HOST: 0.0.0.0}\n", null],
];

describe("a variable of a service", () => {
  for (const [what, before, expected] of VARIABLES) {
    test(what, () => {
      const text = IN_SERVICE + before;
      const edits = edit(text, [], VALUE);
      if (expected === null) assert.equal(edits.ok, false);
      else assert.equal(after(text, edits), IN_SERVICE + expected);
    });
  }

  test("is added where it says none", () => {
    const text = "services:\n  llm:\n    # ours\n    image: a\n    network_mode: host\n";
    assert.equal(
      after(text, edit(text, [], VALUE)),
      "services:\n  llm:\n    # ours\n    environment:\n      OLLAMA_HOST: 127.0.0.1:11434\n    image: a\n    network_mode: host\n",
    );
  });
});

test("variables that come into a service from outside are listed, those of other services are not", () => {
  const text =
    "x-all: {a: $ALL}\nservices:\n  llm:\n    image: a:${TAG:-${ELSE}}\n    command: $$HOME\n" +
    "    environment: [HF_TOKEN, A=b]\n  other: {image: $OTHER}\n";
  assert.deepEqual([...listVariables([{ path: "/a.yml", text }], "llm")].toSorted(), [
    "ALL",
    "ELSE",
    "HF_TOKEN",
    "TAG",
  ]);
  const shared = "services:\n  other:\n    environment: &e {A: $OTHER}\n  llm:\n    environment: *e\n";
  assert.deepEqual(listVariables([{ path: "/a.yml", text: shared }], "llm"), ["OTHER"]);
});
