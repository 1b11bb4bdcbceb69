/** One idea has one word in Chinese too, in every text that a reader meets: on a page, in a report, in an error. */
import assert from "node:assert/strict";
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";

const ROOT = join(import.meta.dirname, "..");
const TEXTS = globSync(["README.zh-CN.md", "docs/*.zh-CN.md", "src/**/*.ts"], {
  cwd: ROOT,
  exclude: ["src/**/*.test.ts"],
});

/** The word that is used, and those that others use for the same. */
const WORDS: readonly (readonly [word: string, idea: string, ...others: readonly string[]])[] = [
  ["模型服务", "model server", "模型服务器", "模型伺服器"],
  ["凭据", "credential", "凭证", "证件"],
  ["密钥", "key", "密匙", "钥匙"],
  ["哈希", "hash", "散列", "杂凑"],
  ["账户", "account", "帐户", "账号", "帐号"],
  ["目录", "folder", "文件夹"],
  ["权限", "scope", "作用域"],
  ["默认", "by default", "缺省"],
  ["登录", "log in", "登陆"],
  ["网段", "subnet", "子网"],
];

describe("Chinese texts", () => {
  const texts = TEXTS.map((file) => [file, readFileSync(join(ROOT, file), "utf8")] as const);
  for (const [word, idea, ...others] of WORDS) {
    test(`${idea} is ${word}`, () => {
      const strays = texts.flatMap(([file, text]) =>
        others.filter((other) => text.includes(other)).map((other) => `${file}: ${other}`),
      );
      assert.deepEqual(strays, []);
    });
  }
});
