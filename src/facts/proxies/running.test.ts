import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test, { type TestContext } from "node:test";
import { openLocalHost } from "../../host/local.ts";
import { gatherHiddenNames, gatherPrograms } from "../choose-processes.ts";
import { gatherIdentity } from "../identity.ts";
import { gatherProxies } from "./gather-proxies.ts";
import type { Proxy } from "./proxy.ts";
import { findOptions } from "./command-options.ts";

const hasProgram = (program: string, flag: string): boolean => spawnSync(program, [flag]).status === 0;
const NO_NGINX = hasProgram("nginx", "-v") ? false : "needs nginx";
const NO_CADDY = hasProgram("caddy", "version") ? false : "needs caddy";
const NO_HAPROXY = hasProgram("haproxy", "-v") ? false : "needs haproxy";

function start(
  context: TestContext,
  words: readonly [string, ...string[]],
  files: Readonly<Record<string, string>>,
): { readonly pid: number; readonly folder: string } {
  const folder = mkdtempSync(join(tmpdir(), "portlock-proxy-"));
  for (const [name, text] of Object.entries(files))
    writeFileSync(join(folder, name), text.replaceAll("FOLDER", folder));
  const [program, ...operands] = words.map((word) => word.replaceAll("FOLDER", folder));
  const child = spawn(program ?? "", operands, { stdio: "ignore", env: { ...process.env, HOME: folder } });
  const ended = new Promise((resolve) => child.once("exit", resolve));
  context.after(async () => {
    child.kill();
    await ended;
    rmSync(folder, { recursive: true, force: true });
  });
  assert.ok(child.pid !== undefined);
  return { pid: child.pid, folder };
}

/** The proxy of that process as soon as it is as wanted. */
async function findProxy(pid: number, isReady: (proxy: Proxy) => boolean): Promise<Proxy> {
  const host = openLocalHost();
  try {
    for (let tries = 0; tries < 100; tries += 1) {
      const [identity, programs] = await Promise.all([gatherIdentity(host), gatherPrograms(host)]);
      const own = new Map(
        [...programs.executableOf].filter(([each, path]) => each === pid || /nginx|haproxy/.test(path)),
      );
      const signs = {
        executableOf: own,
        nameOf: gatherHiddenNames(host, programs),
        bootedAt: identity.ok ? identity.value.bootedAt : null,
      };
      const proxies = await gatherProxies(host, signs);
      const proxy = proxies.ok ? proxies.value.find((each) => each.pid === pid) : undefined;
      if (proxy !== undefined && isReady(proxy)) return proxy;
      await new Promise((resolve) => void setTimeout(resolve, 50));
    }
  } finally {
    await host.close();
  }
  throw new Error("no such proxy");
}

const NGINX =
  "daemon off; pid FOLDER/pid; error_log stderr; events {}\nhttp { access_log off; server { listen unix:FOLDER/socket; location / { proxy_pass http://127.0.0.1:1; } } }\n";

test(
  "an nginx with workers is one proxy, whose files are those it was started with",
  { skip: NO_NGINX },
  async (context) => {
    const { pid, folder } = start(context, ["nginx", "-p", "FOLDER", "-c", "FOLDER/nginx.conf", "-e", "stderr"], {
      "nginx.conf": NGINX,
    });
    const old = new Date(Date.now() - 3_600_000);
    utimesSync(join(folder, "nginx.conf"), old, old);
    const proxy = await findProxy(pid, ({ changedSinceLoaded }) => changedSinceLoaded === false);
    assert.equal(proxy.kind, "nginx");
    assert.ok(proxy.declared.ok);
    assert.deepEqual(proxy.declared.value.files, [join(folder, "nginx.conf")]);
    const later = new Date(Date.now() + 3_600_000);
    utimesSync(join(folder, "nginx.conf"), later, later);
    assert.equal((await findProxy(pid, () => true)).changedSinceLoaded, true);
  },
);

test(
  "a Caddy tells what it runs with, which may be another thing than its file says",
  { skip: NO_CADDY },
  async (context) => {
    const port = 20_000 + (process.pid % 10_000);
    const file = `{\n admin 127.0.0.1:${port}\n auto_https off\n}\n:${port + 1} {\n bind 127.0.0.1\n reverse_proxy 127.0.0.1:11434\n}\n`;
    const { pid, folder } = start(context, ["caddy", "run", "--config", "FOLDER/Caddyfile", "--adapter", "caddyfile"], {
      Caddyfile: file,
    });
    const proxy = await findProxy(pid, ({ running }) => running?.ok === true);
    assert.ok(proxy.running?.ok === true && proxy.declared.ok);
    assert.deepEqual(proxy.running.value.sites[0]?.listeners, [
      { kind: "tcp", address: "127.0.0.1", port: port + 1, tls: false },
    ]);
    assert.equal(proxy.changedSinceLoaded, false);
    writeFileSync(join(folder, "Caddyfile"), file.replace("11434", "11435"));
    assert.equal((await findProxy(pid, () => true)).changedSinceLoaded, true);
  },
);

test("a HAProxy is read from the files it was started with", { skip: NO_HAPROXY }, async (context) => {
  const { pid, folder } = start(context, ["haproxy", "-db", "-f", "FOLDER/a.cfg", "-f", "FOLDER/b.cfg"], {
    "a.cfg": "defaults\n mode http\n timeout client 1s\n timeout connect 1s\n timeout server 1s\n",
    "b.cfg": "listen a\n bind unix@FOLDER/socket\n server s 127.0.0.1:1\n",
  });
  const proxy = await findProxy(pid, ({ declared }) => declared.ok);
  assert.match(proxy.version ?? "", /^\d+\.\d+/);
  assert.ok(proxy.declared.ok);
  assert.deepEqual(proxy.declared.value.files, [join(folder, "a.cfg"), join(folder, "b.cfg")]);
  assert.deepEqual(proxy.declared.value.sites[0]?.listeners, [{ kind: "unix", path: join(folder, "socket") }]);
});

test("options as people write them", () => {
  assert.deepEqual(findOptions(["nginx", "-c", "/a", "-p/b"], "-c"), ["/a"]);
  assert.deepEqual(findOptions(["nginx", "-c", "/a", "-p/b"], "-p"), ["/b"]);
  assert.deepEqual(findOptions(["caddy", "run", "--config=/a", "--config", "/b"], "--config"), ["/a", "/b"]);
});

test("a gateway of Portlock's is found by its command line, and only what it says of places is kept", async (context) => {
  const script = "setInterval(() => {}, 1000);";
  const words = [
    "gateway",
    "--listen=0.0.0.0:11999",
    "--upstream",
    "http://127.0.0.1:11434",
    "--data=/home/alice/secret",
  ];
  const { pid } = start(context, [process.execPath, "FOLDER/main.js", ...words], { "main.js": script });
  const proxy = await findProxy(pid, ({ declared }) => declared.ok);
  assert.equal(proxy.kind, "portlock");
  const sites = proxy.declared.ok ? proxy.declared.value.sites : [];
  assert.deepEqual(sites[0]?.listeners, [{ kind: "tcp", address: "0.0.0.0", port: 11_999, tls: false }]);
  assert.deepEqual(sites[0]?.locations[0]?.upstreams, [{ kind: "tcp", host: "127.0.0.1", port: 11_434, tls: false }]);
  assert.ok(!JSON.stringify(proxy).includes("secret"));
});
