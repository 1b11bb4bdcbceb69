import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "node:test";
import { summarize, writeFiles } from "../summary.fixture.ts";
import { readHaproxy } from "./configuration.ts";

const NO_HAPROXY = spawnSync("haproxy", ["-v"]).status === 0 ? false : "needs haproxy";
const FILE = "/etc/haproxy/haproxy.cfg";
const DEFAULTS = "defaults\n mode http\n timeout connect 5s\n timeout client 10m\n timeout server 10m\n";
const OLLAMA = "backend ollama\n server o1 127.0.0.1:11434 check\n";

interface Case {
  readonly name: string;
  readonly text: string;
  readonly sites: readonly string[];
}

const front = (body: string): string => `${DEFAULTS}frontend ai\n bind :8080\n${body}\n${OLLAMA}`;
const site = (...locations: readonly string[]) => ["0.0.0.0#8080 default", ...locations.map((line) => `  ${line}`)];

const CASES: readonly Case[] = [
  { name: "everybody is let in", text: front(" default_backend ollama"), sites: site("* -> 127.0.0.1#11434") },
  {
    name: "a key, everybody else is refused",
    text: front(
      ` acl key req.hdr(authorization) -m str "Bearer s3cret"\n http-request deny deny_status 401 unless key\n default_backend ollama`,
    ),
    sites: site("* bearer -> 127.0.0.1#11434"),
  },
  {
    name: "a key in an anonymous test",
    text: front(` http-request deny if !{ req.hdr(authorization) -m str "Bearer s3cret" }\n default_backend ollama`),
    sites: site("* bearer -> 127.0.0.1#11434"),
  },
  {
    name: "a key chooses the backend",
    text: front(
      ` use_backend ollama if { hdr(x-api-key) s3cret }\n default_backend none\nbackend none\n http-request deny`,
    ),
    sites: site("* bearer -> 127.0.0.1#11434"),
  },
  {
    name: "two keys, a health check for everybody",
    text: front(
      ` acl key hdr(authorization) -m str "Bearer a"\n acl key hdr(authorization) -m str "Bearer b"\n http-request deny unless key or { path /api/version }\n default_backend ollama`,
    ),
    sites: site("=/api/version -> 127.0.0.1#11434", "* bearer or bearer -> 127.0.0.1#11434"),
  },
  {
    name: "basic auth from a list of users",
    text: `userlist team\n user bob password $5$abc$def\n user eve insecure-password hunter2\n${front(" http-request auth realm x unless { http_auth(team) }\n default_backend ollama")}`,
    sites: site("* basic(sha256-crypt,2) -> 127.0.0.1#11434"),
  },
  {
    name: "an exact list of paths",
    text: front(
      ` acl allowed path /api/chat /api/generate\n http-request deny unless allowed\n default_backend ollama`,
    ),
    sites: site("=/api/chat -> 127.0.0.1#11434", "=/api/generate -> 127.0.0.1#11434", "* refuses"),
  },
  {
    name: "a list of what is denied",
    text: front(` http-request deny if { path_beg /api/pull } || { path -i /api/delete }\n default_backend ollama`),
    sites: site("/api/pull refuses", "~(?i:^/api/delete$) refuses", "* -> 127.0.0.1#11434"),
  },
  {
    name: "managing needs the office",
    text: front(
      ` acl office src 10.0.0.0/8 192.168.1.4\n acl manages path_beg /api/pull /api/delete\n http-request deny if manages !office\n default_backend ollama`,
    ),
    sites: site(
      "/api/delete from(10.0.0.0/8,192.168.1.4/32) -> 127.0.0.1#11434",
      "/api/pull from(10.0.0.0/8,192.168.1.4/32) -> 127.0.0.1#11434",
      "* -> 127.0.0.1#11434",
    ),
  },
  {
    name: "the office is let in first, others need a password",
    text: `userlist team\n user bob password $6$abc$def\n${front(" http-request allow if { src 10.0.0.0/8 }\n http-request auth unless { http_auth(team) }\n default_backend ollama")}`,
    sites: site("* from(10.0.0.0/8) or basic(sha512-crypt,1) -> 127.0.0.1#11434"),
  },
  {
    name: "several Authorization headers are refused besides",
    text: front(
      ` http-request deny if { req.hdr_cnt(authorization) gt 1 }\n http-request deny unless { req.hdr(authorization) -m str "Bearer x" }\n default_backend ollama`,
    ),
    sites: site("* bearer -> 127.0.0.1#11434"),
  },
  {
    name: "by the name that is asked for",
    text: front(
      ` use_backend ollama if { hdr(host) -i ai.example.com }\n default_backend web\nbackend web\n server w 127.0.0.1:3000`,
    ),
    sites: ["0.0.0.0#8080 ai.example.com", "  * -> 127.0.0.1#11434", "0.0.0.0#8080 default", "  * -> 127.0.0.1#3000"],
  },
  {
    name: "plain requests are sent to https",
    text: `${DEFAULTS}frontend ai\n bind *:80\n bind *:443,[::]:443 ssl crt /etc/ssl/ai.pem\n http-request redirect scheme https unless { ssl_fc }\n default_backend ollama\n${OLLAMA}`,
    sites: ["0.0.0.0#80 default", "  * refuses", "0.0.0.0#443/tls ::#443/tls default", "  * -> 127.0.0.1#11434"],
  },
  {
    name: "a certificate",
    text: `${DEFAULTS}frontend ai\n bind :::443 v4v6 ssl crt /etc/ssl/ai.pem ca-file /etc/ssl/ca.pem verify required\n default_backend ollama\n${OLLAMA}`,
    sites: ["::#443/tls 0.0.0.0#443/tls default", "  * certificate -> 127.0.0.1#11434"],
  },
  {
    name: "bytes, from the office only",
    text: `defaults\n timeout server 1h\nlisten raw\n bind 10.0.0.1:11434\n tcp-request connection reject if !{ src 10.0.0.0/8 }\n server o 127.0.0.1:11434\n server old 127.0.0.1:11435 disabled`,
    sites: ["10.0.0.1#11434 default", "  * from(10.0.0.0/8) -> 127.0.0.1#11434"],
  },
  {
    name: "a password that the backend asks for, below a path that is taken off",
    text: `userlist team\n user bob password $5$abc$def\n${DEFAULTS}frontend ai\n bind :8080\n use_backend o if { path_beg /ollama/ }\nbackend o\n http-request auth unless { http_auth(team) }\n http-request replace-path /ollama(/)?(.*) /\\2\n server s unix@/run/ollama.sock\n`,
    sites: site("/ollama/ basic(sha256-crypt,1) -> unix:/run/ollama.sock/"),
  },
  {
    name: "a variable that a script sets",
    text: front(" http-request lua.check\n http-request deny unless { var(txn.ok) -m bool }\n default_backend ollama"),
    sites: site("* unclear(var(txn.ok)) -> 127.0.0.1#11434"),
  },
];

for (const { name, text, sites } of CASES) {
  test(name, async () => {
    assert.deepEqual(summarize(await readHaproxy(writeFiles({ [FILE]: text }), [FILE])), sites);
  });
}

test("HAProxy itself takes what the tests write", { skip: NO_HAPROXY }, () => {
  const folder = mkdtempSync(join(tmpdir(), "portlock-haproxy-"));
  try {
    for (const { name, text } of CASES.filter((each) => !/ssl|lua/.test(each.text))) {
      const file = join(folder, "haproxy.cfg");
      writeFileSync(file, `${text}\n`);
      const checked = spawnSync("haproxy", ["-c", "-f", file], { encoding: "utf8" });
      assert.equal(checked.status, 0, `${name}: ${checked.stderr}`);
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

test("files of a folder, in their order", async () => {
  const files = writeFiles({
    "/etc/haproxy/haproxy.cfg": DEFAULTS,
    "/etc/haproxy/conf.d/20.cfg": OLLAMA,
    "/etc/haproxy/conf.d/10.cfg": "frontend a\n bind :80\n default_backend ollama\n",
    "/etc/haproxy/conf.d/note.txt": "x",
  });
  const configuration = await readHaproxy(files, ["/etc/haproxy/haproxy.cfg", "/etc/haproxy/conf.d"]);
  assert.deepEqual(summarize(configuration), ["0.0.0.0#80 default", "  * -> 127.0.0.1#11434"]);
  assert.deepEqual(configuration?.files, [
    "/etc/haproxy/haproxy.cfg",
    "/etc/haproxy/conf.d/10.cfg",
    "/etc/haproxy/conf.d/20.cfg",
  ]);
});

async function passingOf(body: string) {
  const configuration = await readHaproxy(writeFiles({ [FILE]: front(`${body}\n default_backend ollama`) }), [FILE]);
  return configuration?.sites[0]?.locations[0]?.passing;
}

test("what becomes of a request and its answer", async () => {
  assert.deepEqual(await passingOf(""), {
    host: { kind: "client" },
    authorization: "passed",
    buffered: null,
    httpVersion: "1.1",
    silenceMs: 600_000,
    bodyLimitBytes: null,
    allowsOrigins: null,
  });
  const set = await passingOf(
    ` option http-no-delay\n http-request set-header Host localhost:11434\n http-request del-header Authorization\n timeout client 30s\n http-response set-header Access-Control-Allow-Origin "*"`,
  );
  assert.deepEqual(set, {
    host: { kind: "literal", text: "localhost:11434" },
    authorization: "removed",
    buffered: false,
    httpVersion: "1.1",
    silenceMs: 30_000,
    bodyLimitBytes: null,
    allowsOrigins: ["*"],
  });
});
