import assert from "node:assert/strict";
import { describe, test } from "node:test";
import * as fc from "fast-check";
import { readSaved, withMembers } from "../../test/inspected-container.ts";
import { parseInspectedContainer, parseInspectedImage } from "./inspection-json.ts";

const IMAGE = parseInspectedImage(readSaved("docker-20.10.24-inspect-image"));

function read(text: string, engine: "docker" | "podman" = "docker") {
  return parseInspectedContainer(text, engine, IMAGE);
}

/** The container that has everything, with other values in a part of it. */
function withPart(part: "HostConfig" | "Config", members: object): string {
  return withMembers(part, members)(readSaved("docker-20.10.24-inspect-full"));
}

test("a container is read with all its settings known, and of its variables and labels the names alone", () => {
  const container = read(readSaved("docker-20.10.24-inspect-full"));
  assert.deepEqual([container?.host.unknown, container?.process.unknown], [[], []]);
  assert.deepEqual(container?.environment, {
    names: ["HF_TOKEN", "OLLAMA_KEEP_ALIVE", "OLLAMA_HOST", "PATH"],
    own: ["HF_TOKEN", "OLLAMA_KEEP_ALIVE"],
    fitsFile: true,
  });
  assert.deepEqual(container.labels, { names: ["team"], own: ["team"], fitsFile: true });
  assert.doesNotMatch(JSON.stringify(container), /a-secret-of-somebodys|ai research/);
  assert.deepEqual(container.host.settings.Ulimits, [{ Name: "nofile", Hard: 2048, Soft: 1024 }]);
  assert.equal(container.process.settings.StopTimeout, 5);
});

test("what Podman was told is read without the values of variables and labels", () => {
  const words = ["podman", "run", "-e", "A=s3cret", "--env=B=s3cret", "-eC=s3cret", "-l", "d=s3cret", "-p", "1:2", "x"];
  const container = read(withPart("Config", { CreateCommand: words }), "podman");
  const told = ["podman", "run", "-e", "A", "--env=B", "-e=C", "-l", "d", "-p", "1:2", "x"];
  assert.deepEqual(container?.createCommand, told);
});

describe("a setting that is not known is named:", () => {
  const cases: readonly (readonly [part: "HostConfig" | "Config", members: object, unknown: readonly string[]])[] = [
    ["HostConfig", { AutoRemove: true }, ["AutoRemove"]],
    ["HostConfig", { PublishAllPorts: true, Links: ["/db:/ollama/db"] }, ["Links", "PublishAllPorts"]],
    ["HostConfig", { SomethingNew: { a: 1 } }, ["SomethingNew"]],
    ["HostConfig", { SomethingNew: { a: [] }, Other: 0, Third: "" }, []],
    [
      "HostConfig",
      { Mounts: [{ Type: "bind", Source: "/a", Target: "/b", BindOptions: { Propagation: "shared" } }] },
      ["Mounts"],
    ],
    ["HostConfig", { LogConfig: { Type: "splunk", Config: { "splunk-token": "s3cret-token" } } }, ["LogConfig"]],
    ["Config", { Cmd: ["serve", "--api-key", "s3cret"] }, ["Cmd"]],
    ["Config", { Cmd: ["--api-key=s3cret"] }, ["Cmd"]],
    ["Config", { NetworkDisabled: true }, ["NetworkDisabled"]],
    ["Config", { Healthcheck: { Test: ["CMD-SHELL", "curl -H 'Authorization: Bearer s3cret' x"] } }, ["Healthcheck"]],
  ];
  for (const [part, members, unknown] of cases) {
    test(JSON.stringify(members).slice(0, 70), () => {
      const container = read(withPart(part, members));
      assert.deepEqual(part === "Config" ? container?.process.unknown : container?.host.unknown, unknown);
      assert.doesNotMatch(JSON.stringify(container), /s3cret/);
    });
  }
});

describe("variables that a file of lines", () => {
  for (const [env, docker, podman] of [
    [["A=b c", "D="], true, true],
    [["A=it's"], true, false],
    [["A=a#b"], true, false],
    [["A= b"], true, false],
    [["A=b\nC=d"], false, false],
    [["A=b\r"], false, false],
    [["#A=b"], false, false],
    [["A B=c"], false, false],
    [["A"], false, false],
  ] as const) {
    test(`${docker ? "holds" : "cannot hold"}: ${JSON.stringify(env)}`, () => {
      const text = withPart("Config", { Env: env });
      assert.equal(read(text)?.environment.fitsFile, docker);
      assert.equal(read(text, "podman")?.environment.fitsFile, podman);
    });
  }
});

test("any other text is none", () => {
  fc.assert(fc.property(fc.string(), (text) => assert.equal(read(text), null)));
  fc.assert(fc.property(fc.json(), (text) => void read(`[${text}]`)));
  assert.equal(parseInspectedImage("[]"), null);
});
