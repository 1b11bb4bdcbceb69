import assert from "node:assert/strict";
import { join } from "node:path";
import { describe, test } from "node:test";
import { tryCommand } from "./testing/try-command.ts";

const SCENARIOS = join(import.meta.dirname, "../../scenarios");

function trace(host: string, ...argv: readonly string[]): ReturnType<typeof tryCommand> {
  return tryCommand(["trace", ...argv, "--recording", join(SCENARIOS, host, "recording.json")]);
}

const CASES: readonly (readonly [
  what: string,
  host: string,
  from: string,
  to: string,
  exitCode: number,
  says: readonly RegExp[],
])[] = [
  [
    "a colleague whom ufw lets in",
    "ufw-for-one-colleague",
    "10.77.0.20",
    "10.77.0.10:11434",
    1,
    [
      /comes in by eth0, the interface of the way back \(10\.77\.0\.0\/24/,
      /ADMITTED: by `ufw allow from 10\.77\.0\.20/,
      /There listens: ss .*ollama/,
    ],
  ],
  [
    "another neighbour",
    "ufw-for-one-colleague",
    "10.77.0.21",
    "11434",
    0,
    [/to 10\.77\.0\.10:11434 comes in by eth0/, /STOPPED: by ufw's default \(deny incoming\)/],
  ],
  ["a stranger over IPv6", "ufw-for-one-colleague", "2001:db8:51::10", "[2001:db8:77::10]:11434", 0, [/STOPPED: /]],
  [
    "a published port: the destination is changed before routing",
    "docker-published",
    "198.51.100.10",
    "11434",
    1,
    [
      /DNAT --to-destination 172\.17\.0\.2:11434: changes the destination/,
      /Routing: the packet is sent on by docker0/,
      /That is container ollama\./,
    ],
  ],
  ["a port nobody listens on", "ufw-active", "10.77.0.20", "8080", 0, [/STOPPED: /]],
  [
    "a host without any rule",
    "all-addresses",
    "198.51.100.10",
    "11434",
    1,
    [/No rule of a packet filter stands in its way/, /ADMITTED: no rule decides/],
  ],
  ["an open port without a server", "all-addresses", "198.51.100.10", "9", 1, [/Nobody listens there\./]],
  ["a limit", "ufw-limit", "198.51.100.10", "11434", 2, [/NOT KNOWN: by /]],
  ["a drop of iptables-legacy", "legacy-drop", "198.51.100.10", "11434", 0, [/iptables-legacy/, /STOPPED: /]],
  [
    "a port sent on to loopback",
    "redirected-port",
    "10.77.0.20",
    "10.77.0.10:8080",
    1,
    [/Arrives at 127\.0\.0\.1:11434 on this host/, /The destination was changed by .*--dport 8080/],
  ],
];

describe("the way of one packet", () => {
  for (const [what, host, from, to, exitCode, says] of CASES) {
    test(what, async () => {
      const { code, out, err } = await trace(host, "--from", from, "--to", to);
      assert.equal(err, "");
      for (const text of says) assert.match(out.replaceAll(/\n */g, " "), text);
      assert.equal(code, exitCode);
    });
  }

  test("as a document", async () => {
    const { out } = await trace("ufw-for-one-colleague", "--from", "10.77.0.20", "--to", "11434", "--json");
    const document = JSON.parse(out);
    assert.equal(document.schema, "portlock.trace/1");
    assert.equal(document.verdict, "admitted");
    assert.equal(document.by.manager, "ufw");
    assert.deepEqual(document.entry, { address: "10.77.0.10", port: 11_434 });
    assert.ok(document.steps.length > 3);
  });

  test("in Chinese", async () => {
    const { out } = await trace("ufw-active", "--from", "10.77.0.20", "--to", "11434", "--lang", "zh-CN");
    assert.match(out, /的新连接经由 eth0 进入/);
    assert.match(out, /拦截：ufw 的默认策略（deny incoming）/);
  });

  test("no line is wider than the terminal", async () => {
    const argv = ["trace", "--from", "198.51.100.10", "--to", "11434"];
    const recording = join(SCENARIOS, "docker-published", "recording.json");
    const { out } = await tryCommand([...argv, "--recording", recording], { terminal: 60 });
    assert.deepEqual(
      out.split("\n").filter((line) => line.replaceAll(/\x1b\[\d+m/g, "").length > 60),
      [],
    );
  });
});

describe("what cannot be followed is told, with what to do", () => {
  for (const [what, from, to, exitCode, says] of [
    ["a name as source", "gpu-1", "11434", 64, /not-an-address.*--from.*\n.*nothing leaves the host/],
    ["a name as destination", "10.77.0.20", "gpu-1:11434", 64, /not-an-address.*--to/],
    ["a destination without a port", "10.77.0.20", "10.77.0.10", 64, /not-an-address.*--to/],
    ["a port that is none", "10.77.0.20", "70000", 64, /not-an-address/],
    ["two families", "10.77.0.20", "[2001:db8:77::10]:11434", 2, /trace-impossible.*both be IPv4/],
    ["the host's own address", "10.77.0.10", "11434", 2, /address of the host itself/],
    ["loopback", "127.0.0.1", "11434", 2, /loopback address/],
  ] as const) {
    test(what, async () => {
      const { code, out, err } = await trace("ufw-active", "--from", from, "--to", to);
      assert.equal(out, "");
      assert.match(err, says);
      assert.match(err, /What to do: /);
      assert.equal(code, exitCode);
    });
  }

  test("an interface that the host does not have", async () => {
    const { err } = await trace("ufw-active", "--from", "10.77.0.20", "--to", "11434", "--in", "eth7");
    assert.match(err, /no interface of that name/);
  });

  test("a source to which no route leads", async () => {
    const { err } = await trace("no-default-route", "--from", "198.51.100.10", "--to", "11434");
    assert.match(err, /--in eth0/);
  });

  test("rules that could not be read", async () => {
    const { err } = await trace("open-audited-by-nobody", "--from", "198.51.100.10", "--to", "11434");
    assert.match(err, /Run the same command with sudo/);
  });
});

test("how a verdict about a route comes about is explained", async () => {
  const { out, code } = await tryCommand(["explain", "route"]);
  assert.match(out, /portlock trace --from/);
  assert.equal(code, 0);
});
