/** What every door that writes promises about commands, and about the lock. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { describe, test } from "node:test";
import {
  failureOf,
  isAtWork,
  isFree,
  readPrinted,
  startPortlock,
  useDoor,
  valueOf,
  waitUntil,
  WRITER_DOORS,
} from "./writer-doors.fixture.ts";

const OUTPUT_BYTES = 1024 * 1024;

for (const door of WRITER_DOORS) {
  describe(door.name, { skip: door.missing }, () => {
    const { host, path, writer } = useDoor(door);

    test("a command's exit code and both streams are values, and a missing program is absent", async () => {
      writeFileSync(path("script"), "cat; echo 'out /1'; echo 'err/1' >&2; echo >&2; exit 7");
      const reading = await writer().change(["/bin/sh", path("script"), "undo"]);
      assert.deepEqual(reading, {
        ok: true,
        value: { exitCode: 7, stdout: "out /1\n", stderr: "err/1\n\n" },
        from: `/bin/sh ${path("script")} undo`,
      });
      assert.equal(failureOf(await writer().change(["podman", "start", "--", "a\0b"])), "failed: a NUL byte");
      // The same name as nothing that is installed: a type that lists commands has no other one to offer.
      const missing = await writer().change([
        "docker-compose",
        "--host",
        "unix:///run/docker.sock",
        "--project-name=none",
        "--project-directory=/nowhere",
        "up",
        "--detach",
        "--no-deps",
        "--no-build",
        "none",
      ]);
      if (!existsSync("/usr/bin/docker-compose")) assert.equal(failureOf(missing), "absent: no such program");
    });

    test("a command has a clean environment and none of the door's files", async () => {
      const look =
        "for n in 3 4 5 6 7 8 9; do [ -e /proc/$$/fd/$n ] && echo open $n; done; echo $HOME$USER$PORTLOCK_TEST";
      writeFileSync(path("look"), look);
      process.env["PORTLOCK_TEST"] = "leaked";
      const held = valueOf(await writer().hold(path("look-lock")));
      const { stdout } = valueOf(await writer().change(["/bin/sh", path("look"), "undo"]));
      await held.release();
      assert.equal(stdout, "\n");
    });

    test("more output than is kept is read and thrown away", async () => {
      writeFileSync(path("loud"), `head -c 3000000 /dev/zero; echo done >${path("heard")}`);
      const output = valueOf(await writer().change(["/bin/sh", path("loud"), "undo"]));
      assert.equal(output.stdout.length, OUTPUT_BYTES);
      assert.ok(existsSync(path("heard")));
    });

    test("a command that takes too long is ended on the host, and the next one is done", async () => {
      writeFileSync(path("slow"), `echo $$ >${path("slow-pid")}; exec sleep 1000`);
      const reading = await writer().change(["/bin/sh", path("slow"), "undo"], { timeoutMs: 1_000 });
      assert.equal(failureOf(reading), "timeout: no end within 1000 ms");
      assert.ok(!existsSync(`/proc/${readFileSync(path("slow-pid"), "utf8").trim()}`));
      assert.equal(valueOf(await writer().change(["mkdir", "-m", "700", "--", path("made")])).exitCode, 0);
    });

    test("changes asked for at once are made one after the other", async () => {
      writeFileSync(path("step"), `echo begin >>${path("steps")}; sleep 0.1; echo end >>${path("steps")}`);
      await Promise.all(Array.from({ length: 3 }, () => writer().change(["/bin/sh", path("step"), "undo"])));
      assert.equal(readFileSync(path("steps"), "utf8"), "begin\nend\n".repeat(3));
    });

    test("a command is finished, and the lock is held until then, although Portlock is killed", async (context) => {
      const go = path("go");
      execFileSync("mkfifo", [go]);
      writeFileSync(
        path("last"),
        `set -e; read go <${go}; for n in 1 2 3; do head -c 100000 /dev/zero; echo $n >&2; done; echo x >${path("left")}`,
      );
      const words = JSON.stringify(["/bin/sh", path("last"), "undo"]);
      const code = `await writer.hold(${JSON.stringify(path("lock"))}); void writer.change(${words}); console.log("asked");`;
      const child = startPortlock(context, host(), code);
      await readPrinted(child);
      await waitUntil(() => isAtWork(path("last")));
      child.kill("SIGKILL");
      await new Promise((resolve) => child.once("exit", resolve));
      assert.equal(failureOf(await writer().hold(path("lock"))), "failed: held");
      writeFileSync(go, "\n");
      await waitUntil(() => isFree(path("lock")));
      assert.equal(readFileSync(path("left"), "utf8"), "x\n");
    });

    test("a lock is had by one alone, and is there for the next once it is released", async (context) => {
      const other = host().open();
      context.after(() => other.close());
      const first = valueOf(await writer().hold(path("one")));
      assert.equal(statSync(path("one")).mode & 0o7777, 0o600);
      assert.equal(failureOf(await other.hold(path("one"))), "failed: held");
      assert.equal(failureOf(await writer().hold(path("one"))), "failed: held");
      assert.ok(!isFree(path("one")));
      await first.release();
      const second = valueOf(await other.hold(path("one")));
      assert.equal(failureOf(await writer().hold(path("one"))), "failed: held");
      const third = valueOf(await writer().hold(path("two")));
      await first.release();
      assert.ok(!isFree(path("one")) && !isFree(path("two")));
      await third.release();
      await second.release();
      assert.ok(isFree(path("one")) && isFree(path("two")));
    });

    test("a lock is free once the door is closed", async () => {
      const other = host().open();
      valueOf(await other.hold(path("closed")));
      await other.close();
      await waitUntil(() => isFree(path("closed")));
    });

    test("a killed holder frees the lock, and its door changes nothing more until it has given the lock up", async (context) => {
      const other = host().open();
      context.after(() => other.close());
      const held = valueOf(await other.hold(path("killed")));
      process.kill(-Number(readFileSync(path("killed"), "utf8")), "SIGKILL");
      await waitUntil(() => isFree(path("killed")));
      const whole = valueOf(await writer().hold(path("killed")));
      for (const reading of [
        await other.writeFile(path("late"), "", { mode: 0o600 }),
        await other.appendFile(path("late"), ""),
        await other.change(["mkdir", "-m", "700", "--", path("late")]),
        await other.hold(path("killed")),
      ]) {
        assert.match(failureOf(reading), /^failed: (?:nothing was done: the lock is lost|it is not known)/);
      }
      assert.ok(!existsSync(path("late")));
      await held.release();
      assert.equal(failureOf(await other.hold(path("killed"))), "failed: held");
      assert.equal(failureOf(await other.appendFile(path("late"), "")), "ok");
      await whole.release();
    });
  });
}
