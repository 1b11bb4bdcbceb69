import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { ChangeError } from "../apply/change-error.ts";
import { Fault } from "../apply/fault.ts";
import { CommandError, toErrorText, type TroubleCode, type Troubles } from "./errors.ts";
import { SAMPLE_SERVER } from "../report/rule-samples.ts";
import { tryCommand } from "./testing/try-command.ts";
import { COMMANDS_EN } from "./words/en.ts";
import { COMMANDS_ZH_CN } from "./words/zh-CN.ts";

const AT_WORK = { id: "20261128T060102Z-3f9a", begunAt: "2026-11-28T06:01:02.000Z" };

describe("whoever changes a host is told", () => {
  for (const words of [COMMANDS_EN, COMMANDS_ZH_CN]) {
    test("what the host did not do, where nothing is left to be taken back", () => {
      const text = toErrorText(new Fault("/var/lib/portlock/lock: \u001b[31mgone"), words);
      assert.deepEqual([text?.code, text?.exitCode], ["host-fault", 2]);
      assert.match(text?.sentence ?? "", /\/var\/lib\/portlock\/lock: .*gone/);
      assert.doesNotMatch(text?.sentence ?? "", /\u001b/);
      assert.match(text?.hint ?? "", /portlock history/);
    });

    test("who is at work on it, where that can be told", () => {
      const sentences = [AT_WORK, null].map(
        (change) => toErrorText(new ChangeError({ code: "change-at-work", data: { change } }), words)?.sentence ?? "",
      );
      assert.match(sentences[0] ?? "", new RegExp(`${AT_WORK.id}.*${AT_WORK.begunAt}`));
      assert.doesNotMatch(sentences[1] ?? "", /null|undefined/);
    });
  }
});

const ID = "20261128T060102Z-3f9a";
const WORDS = { sentence: "no", hint: "no" };
const TROUBLES: { readonly [Code in TroubleCode]: Troubles[Code] } = {
  "not-root": {},
  "state-folder-unsafe": { path: "/var/lib/portlock" },
  "state-unreadable": { path: "/var/lib/portlock", detail: "EIO" },
  "change-at-work": { change: AT_WORK },
  "change-unfinished": { id: ID, state: "waiting" },
  "change-not-begun": { detail: "no room" },
  "change-cut-off": { id: ID, detail: "gone" },
  "no-such-change": { id: ID },
  "nothing-to-undo": {},
  "nothing-to-confirm": { id: null },
  "later-change-first": { id: ID, later: ID },
  "recording-unreadable": { file: "a.json", detail: "ENOENT" },
  "recording-damaged": { file: "a.json", detail: "cut off" },
  "recording-newer": { file: "a.json", schema: "portlock.recording/9" },
  "recording-too-large": { file: "a.json", limitMiB: 64 },
  "file-exists": { file: "a.json" },
  "file-unwritable": { file: "a.json", detail: "EACCES" },
  "rule-unknown": { rule: "open", nearest: "open-bind" },
  "not-an-address": { flag: "--to", text: "gpu-1" },
  "trace-impossible": WORDS,
  "shell-unknown": { shell: "fish" },
  "file-unread": { file: "a.json", detail: "ENOENT" },
  "flags-contradict": { flags: ["--json", "--plan"] },
  "flag-missing": { flag: "--tls-cert", needs: "--tls-key" },
  "plan-damaged": { file: "plan.json", detail: "cut off", madeBy: ["harden"] },
  "moved-on": { file: "plan.json", madeBy: ["proxy", "nginx"] },
  "plan-refused": WORDS,
  "confirmation-missing": null,
  "host-fault": { detail: "gone" },
  "data-refused": { why: "not-understood" },
  "expiry-past": { text: "2020-01-01" },
  "file-without-users": { file: "users" },
  "redis-password": null,
  "upstream-not-found": { urls: [] },
  "upstream-exposed": { server: SAMPLE_SERVER },
  "upstream-unknown": { server: SAMPLE_SERVER },
  "upstream-listens-wide": { socket: "/run/ollama.sock" },
  "program-unfit": { path: "/root/node", why: "hidden" },
  "data-not-of-service": { place: "/srv/keys" },
  "pepper-elsewhere": { file: "/srv/pepper", own: "/var/lib/portlock-gateway/pepper" },
  "path-not-absolute": { path: "key.pem" },
};
/** Commands about a host; of the others the help of one and an explanation are about none. */
const ABOUT_A_HOST: RegExp =
  /portlock (?:undo|confirm|history|harden --plan|proxy nginx --plan|audit|verify)\b[^`。，]*/g;
const TARGET = "ssh://root@gpu-1";

test("a command in a hint does what it says when it is pasted: also about a host behind SSH", () => {
  const found: string[] = [];
  for (const words of [COMMANDS_EN, COMMANDS_ZH_CN]) {
    for (const code of Object.keys(TROUBLES)) {
      const error = toError(code);
      const there = toErrorText(error, words, TARGET)?.hint ?? "";
      const here = toErrorText(error, words)?.hint ?? "";
      for (const [command] of there.matchAll(ABOUT_A_HOST)) {
        assert.match(command, /--host ssh:\/\/root@gpu-1/, there);
        found.push(command);
      }
      assert.doesNotMatch(here, /--host (?!ssh:\/\/root@(?:HOST|主机))/);
    }
  }
  assert.ok(found.length >= 20, found.join("\n"));
});

function toError(code: string): CommandError {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the table holds what belongs to each code
  return new CommandError({ code, data: TROUBLES[code as TroubleCode] } as CommandError["trouble"]);
}

describe("where a document was asked for, an error is one too", () => {
  const rows: readonly (readonly [argv: readonly string[], code: string, exitCode: number])[] = [
    [["audit", "--host", "gpu-1"], "bad-target", 64],
    [["trace", "--from", "192.0.2.1", "--to", "11434", "--host", "gpu-1"], "bad-target", 64],
    [["trace", "--from", "gpu-1", "--to", "11434"], "not-an-address", 64],
    [["harden", "--dry-run", "--host", "gpu-1"], "bad-target", 64],
    [["harden", "--yes", "--host", "gpu-1"], "bad-target", 64],
    [["harden", "--dry-run", "--apply", "plan.json"], "flags-contradict", 64],
    [["harden", "--dry-run", "--firewall", "none", "--allow", "192.0.2.1"], "flags-contradict", 64],
    [["harden", "--dry-run", "--allow", "192.0.2.1"], "flag-missing", 64],
    [["verify", "--host", "gpu-1"], "bad-target", 64],
    [["verify", "--rehearse", "--host", "gpu-1"], "bad-target", 64],
    [["verify", "--ask-model", "llama3.2:3b"], "flag-missing", 64],
    [["verify", "--report", import.meta.filename], "file-exists", 64],
    [["undo", "--host", "gpu-1"], "bad-target", 64],
    [["undo", ID, "--host", "gpu-1"], "bad-target", 64],
    [["history", "--host", "gpu-1"], "bad-target", 64],
    [["history", "--host", "ssh://127.0.0.1:1"], "ssh-unreachable", 2],
    [["confirm", "--host", "gpu-1"], "bad-target", 64],
  ];
  for (const [argv, code, exitCode] of rows) {
    for (const lang of ["en", "zh-CN"]) {
      test(`portlock ${argv.join(" ")} --json --lang ${lang}: ${code}`, async () => {
        const { env } = process;
        const tried = await tryCommand([...argv, "--json", "--lang", lang], { env });
        assert.equal(tried.code, exitCode, tried.err);
        const { schema, target, error } = Object(JSON.parse(tried.out));
        const host = argv.indexOf("--host");
        assert.equal(schema, "portlock.error/1");
        assert.equal(target, host < 0 ? "localhost" : argv[host + 1]);
        assert.equal(error.code, code);
        assert.ok(tried.err.includes(`${code}: ${error.sentence}`), tried.err);
        assert.ok(tried.err.includes(error.hint), tried.err);
      });
    }
  }

  test("without --json standard output stays empty", async () => {
    for (const command of ["harden", "verify", "undo", "history", "confirm"]) {
      const { out, err } = await tryCommand([command, "--host", "gpu-1"]);
      assert.equal(out, "");
      assert.match(err, /error bad-target/);
    }
  });
});
