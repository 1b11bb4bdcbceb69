/** What becomes of a lock behind SSH while nobody is heard; here, a dead process's pipes are closed at once. */
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { describe, test } from "node:test";
import {
  failureOf,
  isAtWork,
  isFree,
  IDLE_SECONDS,
  readPrinted,
  startPortlock,
  useDoor,
  valueOf,
  waitUntil,
  WRITER_DOORS,
} from "./writer-doors.fixture.ts";

for (const door of WRITER_DOORS.filter(({ isRemote }) => isRemote)) {
  describe(door.name, { skip: door.missing }, () => {
    const { host, path } = useDoor(door);

    test("a lock is kept for a holder that has nothing to do for long", async (context) => {
      const other = host().open();
      context.after(() => other.close());
      valueOf(await other.hold(path("kept")));
      await new Promise((resolve) => setTimeout(resolve, 3 * IDLE_SECONDS * 1000));
      assert.ok(!isFree(path("kept")));
      assert.equal(failureOf(await other.appendFile(path("patient"), "")), "ok");
    });

    test("a holder that is not heard from loses the lock, and comes back to change nothing", async (context) => {
      const words = JSON.stringify(path("unheard"));
      const child = startPortlock(
        context,
        host(),
        `await writer.hold(${words}); console.log("held"); process.stdin.once("data", async () => {
           console.log(JSON.stringify(await writer.appendFile(${words}, "late")));
           await writer.close();
         });`,
      );
      await readPrinted(child);
      child.kill("SIGSTOP");
      await waitUntil(() => isFree(path("unheard")));
      const before = readFileSync(path("unheard"), "utf8");
      child.stdin?.end("now");
      child.kill("SIGCONT");
      assert.match(await readPrinted(child), /"ok":false.*(?:the lock is lost|it is not known whether)/);
      assert.equal(readFileSync(path("unheard"), "utf8"), before);
    });

    test("a lock is kept while a command is at work, however long nobody is heard", async (context) => {
      const done = path("done");
      writeFileSync(path("long"), `sleep ${3 * IDLE_SECONDS}; flock -n ${path("busy")} true || echo held >${done}`);
      const words = JSON.stringify(["/bin/sh", path("long"), "undo"]);
      const code = `await writer.hold(${JSON.stringify(path("busy"))}); void writer.change(${words}); console.log("asked");`;
      const child = startPortlock(context, host(), code);
      await readPrinted(child);
      await waitUntil(() => isAtWork(path("long")));
      child.kill("SIGSTOP");
      await waitUntil(() => isFree(path("busy")));
      assert.equal(readFileSync(done, "utf8"), "held\n");
    });
  });
}
