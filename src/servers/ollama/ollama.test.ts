import assert from "node:assert/strict";
import { describe, test } from "node:test";
import * as fc from "fast-check";
import type { Answer } from "../../facts/answers.ts";
import type { Process } from "../../facts/processes.ts";
import { answer } from "../answers.fixture.ts";
import { API_STATUS, API_TAGS, API_VERSION, FOREIGN_HOST_VERSION, FOREIGN_ORIGIN_VERSION } from "../questions.ts";
import { admitsAnyOrigin, expectedHostCheck, expectedOriginCheck, hostCheck, originCheck } from "./browser-checks.ts";
import { parseCloudEnabled, parseModels } from "./models.ts";
import { OLLAMA } from "./ollama.ts";

const SERVED = answer(API_VERSION, { version: "0.24.0" });
const REFUSED = { status: 403 };
const ALLOWED = { headers: { "access-control-allow-origin": "*" } };

describe("what a web page elsewhere meets", () => {
  const host = (...answers: Answer[]): string => hostCheck(answers);
  const origin = (...answers: Answer[]): string => originCheck(answers);

  test("the host check", () => {
    assert.equal(host(SERVED, answer(FOREIGN_HOST_VERSION, "", REFUSED)), "refuses");
    assert.equal(host(SERVED, answer(FOREIGN_HOST_VERSION, { version: "0.24.0" })), "accepts");
    assert.equal(host(SERVED), "unmeasured");
    assert.equal(host(SERVED, answer(FOREIGN_HOST_VERSION, "", { status: 503 })), "unmeasured");
    // Behind a login both are refused, which says nothing of the check.
    const locked = answer(API_VERSION, "", { status: 401 });
    assert.equal(host(locked, answer(FOREIGN_HOST_VERSION, "", { status: 401 })), "unmeasured");
    assert.equal(host(SERVED, { ...answer(FOREIGN_HOST_VERSION, ""), outcome: { kind: "timeout" } }), "unmeasured");
  });

  test("the origin check", () => {
    assert.equal(origin(SERVED, answer(FOREIGN_ORIGIN_VERSION, "", REFUSED)), "refuses");
    assert.equal(origin(SERVED, answer(FOREIGN_ORIGIN_VERSION, "{}", ALLOWED)), "accepts");
    assert.equal(origin(SERVED, answer(FOREIGN_ORIGIN_VERSION, "{}")), "accepts");
    assert.equal(origin(SERVED), "unmeasured");
  });

  const EXPECTED: readonly (readonly [version: string | null, address: string, check: string])[] = [
    ["0.1.28", "127.0.0.1", "accepts"],
    ["0.1.29", "127.0.0.1", "refuses"],
    ["0.33.0-rc2", "::1", "refuses"],
    ["0.33.0", "::", "accepts"],
    ["0.33.0", "192.168.1.5", "accepts"],
    [null, "0.0.0.0", "accepts"],
    [null, "127.0.0.1", "unmeasured"],
    ["nonsense", "127.0.0.1", "unmeasured"],
  ];
  for (const [version, address, check] of EXPECTED) {
    test(`by the rules of ${version} on ${address} the host check ${check}`, () => {
      assert.equal(expectedHostCheck(version, address), check);
    });
  }

  const ORIGINS: readonly (readonly [value: string | null, any: boolean])[] = [
    [null, false],
    ["", false],
    ["*", true],
    ['"*"', true],
    ["http://a.example, *", true],
    ["https://*", true],
    ["http*", true],
    ["h*", true],
    ["https:*", true],
    ["http://*:3000", true],
    ["*:8080", true],
    ["null*", true],
    ["*null", true],
    ["null", false],
    ["http://localhost:*", false],
    ["*.example.com", false],
    ["http://a.*", false],
    ["chrome-extension://*", false],
    ["http://192.168.1.*", false],
    ["https://*.example.com", false],
  ];
  for (const [value, any] of ORIGINS) {
    test(`OLLAMA_ORIGINS=${value} ${any ? "lets every page in" : "does not let every page in"}`, () => {
      assert.equal(admitsAnyOrigin(value), any);
      assert.equal(expectedOriginCheck(value), any ? "accepts" : "refuses");
    });
  }
});

describe("what an Ollama offers", () => {
  const entry = (name: string, more: object = {}): object => ({
    name,
    model: name,
    size: 1,
    digest: "a".repeat(64),
    ...more,
  });
  const tags = (...entries: object[]): readonly Answer[] => [answer(API_TAGS, { models: entries })];
  const marked = (answers: readonly Answer[]): readonly string[] | undefined =>
    parseModels(answers)?.models.map(
      ({ name, cloud, planted }) => `${name}${cloud ? " cloud" : ""}${planted ? " planted" : ""}`,
    );

  test("models of ollama.com, and models attackers leave behind", () => {
    const answers = tags(
      entry("llama3.2:latest"),
      entry("gpt-oss:120b-cloud", { remote_model: "gpt-oss:120b", remote_host: "https://ollama.com:443" }),
      entry("glm-4.6:cloud"),
      entry("renamed:latest", { remote_host: "https://ollama.com:443" }),
      entry("cloudy:latest"),
      entry("205.237.106.117:8443/attacker/leak_model_0_198e01:latest"),
      entry("leak_model_3:latest"),
      entry("my_leak_model_notes:latest"),
    );
    assert.deepEqual(marked(answers), [
      "llama3.2:latest",
      "gpt-oss:120b-cloud cloud",
      "glm-4.6:cloud cloud",
      "renamed:latest cloud",
      "cloudy:latest",
      "205.237.106.117:8443/attacker/leak_model_0_198e01:latest planted",
      "leak_model_3:latest planted",
      "my_leak_model_notes:latest",
    ]);
  });

  test("none, not asked, refused, no list", () => {
    assert.deepEqual(parseModels(tags()), { models: [], complete: true });
    assert.deepEqual(parseModels([answer(API_TAGS, { models: null })]), { models: [], complete: true });
    assert.equal(parseModels([]), null);
    assert.equal(parseModels([answer(API_TAGS, "", { status: 401 })]), null);
    assert.equal(parseModels([answer(API_TAGS, "<html>")]), null);
  });

  test("a list cut short keeps what was whole, and says so", () => {
    const body = JSON.stringify({ models: Array.from({ length: 300 }, (_, index) => entry(`leak_model_${index}`)) });
    const cut = parseModels([answer(API_TAGS, body.slice(0, 20_000), { truncated: true })]);
    assert.equal(cut?.complete, false);
    assert.ok((cut?.models.length ?? 0) > 100);
    assert.ok(cut?.models.every((model) => model.planted));
  });

  test("any body at any cut is read without throwing", () => {
    const body = JSON.stringify({ models: [entry('a","b'), entry("c:cloud")] });
    fc.assert(
      fc.property(
        fc.oneof(
          fc.json(),
          fc.nat(body.length).map((end) => body.slice(0, end)),
        ),
        fc.boolean(),
        (text, truncated) => {
          const parsed = parseModels([answer(API_TAGS, text, { truncated })]);
          assert.ok(parsed === null || parsed.models.every(({ name }) => typeof name === "string"));
        },
      ),
    );
  });

  test("the cloud switch", () => {
    const status = (disabled: unknown): readonly Answer[] => [
      answer(API_STATUS, { cloud: { disabled, source: "env" } }),
    ];
    assert.equal(parseCloudEnabled(status(true)), false);
    assert.equal(parseCloudEnabled(status(false)), true);
    assert.equal(parseCloudEnabled(status("no")), null);
    assert.equal(parseCloudEnabled([answer(API_STATUS, "404 page not found", { status: 404 })]), null);
  });
});

describe("processes and files of an Ollama", () => {
  const serve: Process = {
    pid: 812,
    parentPid: 1,
    name: "ollama",
    executable: "/usr/local/bin/ollama",
    arguments: ["/usr/local/bin/ollama", "serve"],
    uid: 999,
    user: "ollama",
    startedAt: null,
    namespace: null,
    cgroup: { kind: "system-unit", unit: "ollama.service" },
    environment: { ok: true, value: {}, from: "/proc/812/environ" },
  };
  const withModels = (path: string): Process => ({
    ...serve,
    environment: { ok: true, value: { OLLAMA_MODELS: path }, from: "" },
  });
  const paths = (process: Process, home: string | null): readonly string[] =>
    OLLAMA.filesOf(process, home).map(({ role, path }) => `${role} ${path}`);

  test("key and models stand in the home of its user", () => {
    assert.deepEqual(paths(serve, "/usr/share/ollama"), [
      "key /usr/share/ollama/.ollama/id_ed25519",
      "model-folder /usr/share/ollama/.ollama/models",
    ]);
  });
  test("OLLAMA_MODELS moves the models, not the key", () => {
    assert.deepEqual(paths(withModels("/srv/models"), "/root"), [
      "key /root/.ollama/id_ed25519",
      "model-folder /srv/models",
    ]);
    assert.deepEqual(paths(withModels("models"), null), []);
  });
  test("the home it was started with counts more than its user's", () => {
    const withHome = (HOME: string): Process => ({ ...serve, environment: { ok: true, value: { HOME }, from: "" } });
    assert.deepEqual(paths(withHome("/srv/ai"), "/root"), [
      "key /srv/ai/.ollama/id_ed25519",
      "model-folder /srv/ai/.ollama/models",
    ]);
    assert.deepEqual(paths(withHome("ai"), null), []);
  });
  test("paths of a container mean nothing on the host", () => {
    assert.deepEqual(paths({ ...serve, cgroup: { kind: "container", engine: "docker", id: "a" } }, "/root"), []);
  });
});
