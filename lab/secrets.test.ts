/** A host on which every place holds a secret of its own: none of them leaves it. */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { CHECKOUT_INSIDE, NODE_INSIDE } from "./audit.ts";
import type { WatchedChildren } from "./hostile/watch-children.ts";
import type { Host } from "./host.ts";
import { type Lab, openLab } from "./lab.ts";
import { missingRequirement } from "./requirements.ts";

const skip = missingRequirement("docker") ?? false;

/** A secret, named for the place it lies in; what is searched for is the part that all have in common. */
const COMMON = "c4n4ry";
const secret = (place: string): string => `${COMMON}${place}0123456789abcdef`;
const withPassword = (place: string): string => `http://me${secret(place)}:${secret(place)}@0.0.0.0:11434`;

const POSER_PORT = 11_500;
const WEB_PORT = 8_080;
const BOX_PORT = 21_200;

/** A server that poses as Ollama, hands out a session and has secrets in its environment and its command line. */
const POSER = `require("node:http").createServer((request, response) => {
  response.setHeader("Set-Cookie", "session=${secret("cookie")}");
  response.setHeader("X-Api-Key", "${secret("header")}");
  if (request.url === "/") response.end("Ollama is running");
  else if (request.url === "/api/version") response.end('{"version":"0.20.0"}');
  else response.writeHead(404).end();
}).listen(${POSER_PORT}, "0.0.0.0");`;

/** Files that hold settings, and secrets beside or inside them. */
const FILES: Readonly<Record<string, string>> = {
  "/etc/environment": `HF_TOKEN=${secret("etcenvironment")}\nOLLAMA_HOST=${withPassword("etchost")} # ${secret("pamcomment")}\n`,
  "/etc/security/pam_env.conf": `OLLAMA_HOST DEFAULT=${withPassword("pamdefault")} OVERRIDE=0.0.0.0\n`,
  "/etc/profile.d/models.sh": `export OLLAMA_API_KEY=${secret("profiled")} OLLAMA_HOST="${withPassword("profile")}" # ${secret("shellcomment")}\n`,
  "/root/.bashrc": `OLLAMA_HOST='${withPassword("bashrc")}'; export OLLAMA_HOST; alias x='curl -H "Authorization: ${secret("alias")}"'\n`,
  "/etc/environment.d/10.conf": `OLLAMA_HOST=${withPassword("environmentd")}\nOPENAI_API_KEY=${secret("environmentd")}\n`,
  "/etc/default/ollama": `OLLAMA_HOST="0.0.0.0 OLLAMA_API_KEY=${secret("default")}"\n`,
  "/etc/systemd/system.conf.d/10.conf": `[Manager]\nDefaultEnvironment=OLLAMA_HOST=${withPassword("manager")} A=${secret("manager")}\n`,
  "/etc/ollama.env": `OLLAMA_API_KEY=${secret("environmentfile")}\nOLLAMA_REMOTES=ollama.com,me:${secret("remotes")}@models.example\n`,
  "/etc/systemd/system/other-ollama.service":
    `[Service]\nExecStart=/bin/sh -c 'OLLAMA_HOST=${withPassword("execstart")} /usr/local/bin/ollama serve --api-key ${secret("execstartflag")}'\n` +
    `Environment="OLLAMA_HOST=${withPassword("unit")}"\nUnsetEnvironment=OLLAMA_HOST=${withPassword("unset")}\n`,
  "/etc/systemd/system/ollama.service.d/10-first.conf":
    `[Service]\nEnvironment="OLLAMA_HOST=${withPassword("dropin")}" "API_TOKEN=${secret("token")}"\n` +
    `Environment=“OLLAMA_HOST=${withPassword("curly")}”\nEnvironment=OLLAMA_DEBUG=0 # the key is ${secret("unitcomment")}\n`,
  "/srv/www/index.html": `<html>Your session is ${secret("page")}</html>`,
  "/srv/poser/serve": POSER,
  "/srv/token": secret("nojson"),
};

const OVERRIDE = [
  "EnvironmentFile=/etc/ollama.env",
  "Environment=OLLAMA_HOST=0.0.0.0",
  `Environment=HF_TOKEN=${secret("unitenvironment")}`,
  `Environment=OLLAMA_ORIGINS=https://me:${secret("origins")}@page.example`,
];

async function fill(host: Host): Promise<void> {
  for (const [path, text] of Object.entries(FILES)) await host.write(path, text);
  await host.installOllama({ override: OVERRIDE });
  await host.run(["cp", NODE_INSIDE, "/srv/poser/ollama"]);
  await host.spawn(["busybox", "httpd", "-f", "-p", String(WEB_PORT), "-h", "/srv/www"]);
  const flags = ["--api-key", secret("flag"), `--api-key=${secret("flagvalue")}`, "-k", secret("shortflag")];
  await host.spawn(
    ["sh", "-c", 'cd /srv/poser && exec ./ollama serve "$@"', "sh", ...flags, withPassword("argument")],
    {
      env: {
        OLLAMA_HOST: withPassword("processhost"),
        OLLAMA_API_KEY: secret("processkey"),
        HF_TOKEN: secret("token"),
      },
    },
  );
  await host.spawn(["sleep", "1000"], { env: { AWS_SECRET_ACCESS_KEY: secret("otherprocess") } });
  await host.docker.start();
  const image = await host.docker.importOllama();
  const more = ["-e", `OLLAMA_API_KEY=${secret("dockerkey")}`, "--label", `token=${secret("label")}`];
  const box = ["--name", "box", "--network", "host", "-e", `OLLAMA_HOST=127.0.0.1:${BOX_PORT}`, ...more];
  await host.docker.run([...box, image, "serve"]);
  const dead = ["--name", "dead", "-e", `OLLAMA_HOST=${withPassword("dockerhost")}`, "--entrypoint", "/bin/sh"];
  await host.docker.run([...dead, image, "-c", `sleep 1000 # ${secret("dockercommand")}`]);
  for (const port of [POSER_PORT, WEB_PORT, BOX_PORT]) await host.waitForPort(port);
}

/** Everything that can be asked of Portlock about this host. */
const COMMANDS: readonly (readonly string[])[] = [
  ["audit"],
  ["audit", "--lang", "zh-CN", "--plain"],
  ["audit", "--json"],
  ["record", "-o", "-"],
  ["probe", `http://127.0.0.1:${POSER_PORT}`],
  ["audit", "--from", "/srv/token"],
];

describe("a host full of secrets", { skip, timeout: 240_000 }, () => {
  let lab: Lab;
  let host: Host;

  before(async () => {
    lab = openLab();
    host = await lab.host({ systemd: true, docker: true });
    await fill(host);
  });
  after(() => lab.close());

  for (const command of COMMANDS) {
    test(`\`portlock ${command.join(" ")}\` tells none of them, nor does a child of it`, async () => {
      const portlock = [NODE_INSIDE, `${CHECKOUT_INSIDE}/src/main.ts`, ...command];
      const watcher = [NODE_INSIDE, `${CHECKOUT_INSIDE}/lab/hostile/watch-children.ts`];
      const output = await host.run([...watcher, ...portlock], { env: { OPENAI_API_KEY: secret("own") } });
      const seen: WatchedChildren = JSON.parse(output.stdout);
      assert.ok(seen.exitCode !== null && seen.exitCode <= 2, seen.stderr);
      assert.doesNotMatch(seen.stdout + seen.stderr, new RegExp(`.{0,80}${COMMON}`));
      for (const text of [...seen.commandLines, ...seen.environments]) assert.ok(!text.includes(COMMON), text);
      if (command.join() === "audit") assert.notDeepEqual(seen.commandLines, []);
    });
  }

  test("the values around them are told", async () => {
    const recording = await host.record();
    for (const part of ["0.0.0.0", "https://xxxxx:xxxxx@page.example", "http://xxxxx:xxxxx@0.0.0.0:11434", "box"]) {
      assert.ok(recording.includes(part), part);
    }
  });
});
