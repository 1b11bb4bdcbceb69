import assert from "node:assert/strict";
import { appendFileSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Writable } from "node:stream";
import { test } from "node:test";
import type { TestContext } from "node:test";
import { appendRequest, changeRequest } from "./change-requests.ts";
import { ChangeShell } from "./change-shell.ts";
import type { ShellSource } from "./change-shell.ts";
import { localShells } from "./local-writer.ts";
import type { ShellOutcome } from "./remote-shell.ts";
import { quoteForShell } from "./shell-quote.ts";

const PATIENCE_MS = 20_000;

function makeFolder(context: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), "portlock-change-"));
  context.after(() => rmSync(folder, { recursive: true }));
  return folder;
}

function openShell(context: TestContext, source: ShellSource = localShells): ChangeShell {
  const shell = new ChangeShell(source);
  context.after(() => shell.close());
  return shell;
}

/** A way to the host that breaks after so many bytes of what is sent once the shell has started. */
function breakAfter(bytes: number): ShellSource {
  return {
    ...localShells,
    open: async () => {
      const shell = await localShells.open();
      let isStarted = false;
      const input = new Writable({
        write: (chunk: Buffer, _encoding, done) => {
          if (isStarted) shell.input.end(chunk.subarray(0, bytes));
          else shell.input.write(chunk);
          isStarted = true;
          done();
        },
      });
      return { ...shell, input };
    },
  };
}

function detailOf(outcome: ShellOutcome): string {
  return outcome.kind === "replied" ? `replied ${outcome.reply.status}` : `${outcome.kind}: ${outcome.detail}`;
}

test("a request that is not answered in time is asked once, what hangs is ended, and the next one is answered", async (context) => {
  const folder = makeFolder(context);
  const shell = openShell(context);
  const [asked, pid] = [join(folder, "asked"), join(folder, "pid")];
  const script = `echo asked >>${quoteForShell(asked)}; echo $$ >${quoteForShell(pid)}; while :; do sleep 1; done`;
  const hanging = shell.ask(() => `${script}\n`, 1_000);
  const next = shell.ask(appendRequest(join(folder, "next"), "done"), PATIENCE_MS);
  assert.match(detailOf(await hanging), /^timeout: it is not known whether it was done: no answer within 1000 ms$/);
  assert.equal(detailOf(await next), "replied 0");
  assert.equal(readFileSync(asked, "utf8"), "asked\n");
  assert.equal(readFileSync(join(folder, "next"), "utf8"), "done");
  const stuck = Number(readFileSync(pid, "utf8"));
  assert.ok(!existsSync(`/proc/${stuck}`) || readFileSync(`/proc/${stuck}/stat`, "utf8").includes(") Z "));
});

test("a shell that ends before it answers is told, and the request is not asked again", async (context) => {
  const folder = makeFolder(context);
  const shell = openShell(context);
  const asked = join(folder, "asked");
  const outcome = await shell.ask(() => `echo asked >>${quoteForShell(asked)}; exit 3\n`, PATIENCE_MS);
  assert.match(detailOf(outcome), /^lost: it is not known whether it was done: /);
  assert.equal(detailOf(await shell.ask(appendRequest(join(folder, "next"), "done"), PATIENCE_MS)), "replied 0");
  assert.equal(readFileSync(asked, "utf8"), "asked\n");
});

test("a request of which only a part arrives does nothing, wherever it is cut", async (context) => {
  const folder = makeFolder(context);
  const request = changeRequest(["rm", "-f", "--", join(folder, "abc")], 60, "");
  const length = `{ ${request("0".repeat(32))}}\n`.length;
  for (let bytes = 0; bytes <= length; bytes += 1) {
    for (const name of ["a", "ab", "abc"]) writeFileSync(join(folder, name), "");
    const shell = openShell(context, breakAfter(bytes));
    const outcome = await shell.ask(request, PATIENCE_MS);
    // Without its line feed the closing brace is there all the same.
    const isWhole = bytes >= length - 1;
    assert.equal(detailOf(outcome).startsWith("replied"), isWhole, `${bytes} bytes`);
    const left = ["a", "ab", "abc"].map((name) => existsSync(join(folder, name)));
    assert.deepEqual(left, [true, true, !isWhole], `${bytes} bytes`);
  }
});

test("a shell that cannot be started is told as nothing done", async (context) => {
  const shell = openShell(context, {
    ...localShells,
    open: async () => {
      const process = await localShells.open();
      process.input.write("exit 1\n");
      return process;
    },
  });
  const outcome = await shell.ask(() => "echo\n", PATIENCE_MS);
  assert.match(detailOf(outcome), /^lost: nothing was done: /);
});

test("after close nothing is asked any more", async (context) => {
  const folder = makeFolder(context);
  const shell = openShell(context);
  appendFileSync(join(folder, "file"), "one\n");
  await shell.close();
  const outcome = await shell.ask(appendRequest(join(folder, "file"), "two\n"), PATIENCE_MS);
  assert.equal(detailOf(outcome), "lost: nothing was done: closed");
  assert.equal(readFileSync(join(folder, "file"), "utf8"), "one\n");
});
