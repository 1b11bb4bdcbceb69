import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { loadDropIns, whyNoManager } from "../../test/systemd-manager.ts";
import { parseUnitFile } from "../facts/unit-file.ts";
import type { Unit } from "../facts/units.ts";
import { read } from "../judge/testing/a-host.ts";
import { toDropInPlace, toDropInText } from "./drop-in.ts";
import { toSandbox } from "./sandbox.ts";
import { anOllama, planOf } from "./testing/plan-of.ts";
import { judge } from "../judge/judge.ts";

const FOLDER = "/etc/systemd/system/ollama.service.d";

function unitWith(paths: readonly string[]): Unit {
  const files = paths.map((path) => read({ path, modifiedAt: null, lines: [] }, path));
  return { name: "ollama.service", scope: "system", uid: null, loaded: { ok: false, why: "absent", from: "x" }, files };
}

test("the name sorts behind every other one, byte by byte, whatever folder that is in, or there is none", () => {
  const name = fc.string({
    unit: fc.constantFrom("z", "y", "-", "portlock", ".conf", "~", "é", "Z", "0"),
    maxLength: 6,
  });
  fc.assert(
    fc.property(fc.array(name), fc.boolean(), (names, forSession) => {
      const paths = names.map(
        (each, index) => `/${index % 2 === 0 ? "run" : "etc"}/systemd/system/ollama.service.d/${each}.conf`,
      );
      const place = toDropInPlace(unitWith(paths), forSession);
      const others = names.map((each) => `${each}.conf`);
      if (place === null) {
        assert.ok(others.some((each) => Buffer.compare(Buffer.from(each), Buffer.from("z".repeat(40))) > 0));
        return;
      }
      const own = place.path.slice(place.path.lastIndexOf("/") + 1);
      for (const path of paths.filter((each) => each !== place.path)) {
        const other = path.slice(path.lastIndexOf("/") + 1);
        assert.ok(Buffer.compare(Buffer.from(other), Buffer.from(own)) < 0, `${other} before ${own}`);
      }
    }),
  );
});

test("what was written once is taken up by the next change, and by the same one not changed", () => {
  const first = toDropInText(null, ['Environment="A=1"', "NoNewPrivileges=yes"]);
  const second = toDropInText(first, ['Environment="A=2"', 'Environment="B=1"']);
  assert.deepEqual(second.split("\n").slice(1), [
    "[Service]",
    "NoNewPrivileges=yes",
    'Environment="A=2"',
    'Environment="B=1"',
    "",
  ]);
  assert.equal(toDropInText(second, ['Environment="A=2"', 'Environment="B=1"']), second);
});

test("the settings stand in it as systemd reads them", () => {
  const text = toDropInText(null, ['Environment="OLLAMA_HOST=[::1]:11434"', 'Environment="OLLAMA_ORIGINS="']);
  assert.deepEqual(
    parseUnitFile(text, ["OLLAMA_HOST", "OLLAMA_ORIGINS"]).flatMap(({ assignments }) =>
      assignments.map(({ value }) => value),
    ),
    ["[::1]:11434", ""],
  );
});

test("the systemd of this machine takes it, hardening included", { skip: whyNoManager() ?? false }, () => {
  const { facts } = anOllama();
  const [server] = judge(facts).servers;
  assert.ok(server !== undefined && facts.units.ok && facts.units.value[0] !== undefined);
  const sandbox = toSandbox(facts, facts.units.value[0], server);
  const [step] = planOf(facts, { sandbox: true }).steps;
  const [file] = step?.files ?? [];
  assert.ok(file?.edit.kind === "write");
  assert.ok(sandbox.every((line) => file.edit.kind === "write" && file.edit.text.includes(`${line}\n`)));
  assert.deepEqual(loadDropIns([file.edit.text])[0], ["OLLAMA_HOST=127.0.0.1:11434"]);
  assert.ok(file.path.startsWith(FOLDER));
});
