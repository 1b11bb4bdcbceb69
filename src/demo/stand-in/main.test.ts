import assert from "node:assert/strict";
import type { ChildProcessWithoutNullStreams } from "node:child_process";
import { spawn } from "node:child_process";
import { mkdtemp, readFile, rm, stat } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { describe, test } from "node:test";

const MAIN = join(import.meta.dirname, "main.ts");

function start(environment: Readonly<Record<string, string>>, ...flags: string[]): ChildProcessWithoutNullStreams {
  return spawn(process.execPath, [MAIN, "serve", ...flags], { env: { PATH: process.env["PATH"], ...environment } });
}

/** The first line of the log that matches, or what was said until the process ended. */
async function waitForLine(child: ChildProcessWithoutNullStreams, wanted: RegExp): Promise<string> {
  let said = "";
  for await (const line of createInterface({ input: child.stderr })) {
    said += `${line}\n`;
    if (wanted.test(line)) {
      return line;
    }
  }
  return said;
}

function ended(child: ChildProcessWithoutNullStreams): Promise<number | null> {
  return new Promise((resolve) => child.once("close", (code) => resolve(code)));
}

describe("as `ollama serve`", () => {
  for (const [value, socket] of [
    ["127.0.0.1:0", /127\.0\.0\.1:\d+/],
    ["0.0.0.0:0", /\[::\]:\d+|0\.0\.0\.0:\d+/],
    [":0", /\[::\]:\d+|0\.0\.0\.0:\d+/],
    ["localhost:0", /127\.0\.0\.1:\d+/],
    ["127.1:0", /127\.0\.0\.1:\d+/],
  ] as const) {
    test(`OLLAMA_HOST=${value} says where it listens, and leaves with 0 when asked to`, async () => {
      const child = start({ OLLAMA_HOST: value, STAND_IN_VERSION: "0.5.7" });
      const line = await waitForLine(child, /Listening on/);
      const ending = ended(child);
      child.kill("SIGTERM");
      assert.match(line, new RegExp(`msg="Listening on (${socket.source}) \\(version 0\\.5\\.7\\)"$`));
      assert.equal(await ending, 0);
    });
  }

  for (const [value, error] of [
    ["8080", "Error: listen tcp: lookup 8080: no such host\n"],
    ["127.0.0.1 # note", "Error: listen tcp: lookup 127.0.0.1 # note: no such host\n"],
    ["203.0.113.7", "Error: listen tcp 203.0.113.7:11434: bind: cannot assign requested address\n"],
  ] as const) {
    test(`OLLAMA_HOST=${value} ends with Ollama's error and 1`, async () => {
      const child = start({ OLLAMA_HOST: value });
      const ending = ended(child);
      assert.equal(await waitForLine(child, /never/), error);
      assert.equal(await ending, 1);
    });
  }

  test("a taken port ends with Ollama's error and 1", async () => {
    const other = createServer().listen(0, "127.0.0.1");
    await new Promise((resolve) => other.once("listening", resolve));
    const address = other.address();
    const port = typeof address === "object" && address !== null ? address.port : 0;
    const child = start({ OLLAMA_HOST: `127.0.0.1:${port}` });
    const ending = ended(child);
    const said = await waitForLine(child, /never/);
    other.close();
    assert.equal(said, `Error: listen tcp 127.0.0.1:${port}: bind: address already in use\n`);
    assert.equal(await ending, 1);
  });

  test("a bad OLLAMA_ORIGINS ends with a panic and 2", async () => {
    const child = start({ OLLAMA_HOST: "127.0.0.1:0", OLLAMA_ORIGINS: "page.example" });
    const ending = ended(child);
    assert.match(await waitForLine(child, /never/), /^panic: bad origin: origins must contain '\*'/);
    assert.equal(await ending, 2);
  });

  test("looks like ollama in the process table, makes its home, logs requests", async () => {
    const home = await mkdtemp(join(tmpdir(), "pl-stand-in-"));
    try {
      const log = join(home, "requests.jsonl");
      const child = start(
        { OLLAMA_HOST: "127.0.0.1:0", HOME: home, STAND_IN_MAKE_HOME: "1", STAND_IN_MODELS: "leak_model_7" },
        "--log",
        log,
      );
      const line = await waitForLine(child, /Listening on/);
      const url = `http://${/Listening on (\S+)/.exec(line)?.[1]}`;
      assert.equal(await readFile(`/proc/${child.pid}/comm`, "utf8"), "ollama\n");
      assert.match(await readFile(`/proc/${child.pid}/cmdline`, "utf8"), /main\.ts\0serve\0/);
      const tags = Object(await (await fetch(`${url}/api/tags`)).json());
      assert.deepEqual(
        tags.models.map((model: { name: string }) => model.name),
        ["leak_model_7:latest"],
      );
      const access = await new Promise<string>((resolve) => child.stdout.once("data", (text) => resolve(String(text))));
      assert.match(
        access,
        /^\[GIN\] \d{4}\/\d\d\/\d\d - [\d:]{8} \| 200 \| .*\| +127\.0\.0\.1 \| GET +"\/api\/tags"\n$/,
      );
      const ending = ended(child);
      child.kill("SIGINT");
      assert.equal(await ending, 0);
      assert.equal(Object(JSON.parse(await readFile(log, "utf8"))).target, "/api/tags");
      assert.equal((await stat(join(home, ".ollama/id_ed25519"))).mode & 0o777, 0o600);
      assert.ok((await stat(join(home, ".ollama/models/blobs"))).isDirectory());
    } finally {
      await rm(home, { recursive: true });
    }
  });

  test("a model that is loaded runs in a child with a socket of its own", async () => {
    const child = start({ OLLAMA_HOST: "127.0.0.1:0", STAND_IN_RUNNER: "1" });
    await waitForLine(child, /Listening on/);
    let command = "";
    let answer: Response | null = null;
    while (answer === null) {
      const runner = await readFile(`/proc/${child.pid}/task/${child.pid}/children`, "utf8");
      command = await readFile(`/proc/${runner.trim()}/cmdline`, "utf8").catch(() => "");
      const port = /\0runner\0.*\0--port\0(\d+)\0/.exec(command)?.[1];
      answer = port === undefined ? null : await fetch(`http://127.0.0.1:${port}/`).catch(() => null);
    }
    assert.equal(answer.status, 404);
    const ending = ended(child);
    child.kill("SIGTERM");
    assert.equal(await ending, 0);
    await assert.rejects(fetch(answer.url));
  });
});
