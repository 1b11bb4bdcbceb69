import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { ChangeError } from "../apply/change-error.ts";
import { Fault } from "../apply/fault.ts";
import { toErrorText } from "./errors.ts";
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
