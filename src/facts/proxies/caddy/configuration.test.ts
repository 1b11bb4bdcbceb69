import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "node:test";
import { summarize, writeFiles } from "../summary.fixture.ts";
import { adaptCaddyfile } from "./adapt.ts";
import { toConfiguration } from "./configuration.ts";
import { readCaddyJson } from "./read-json.ts";

const NO_CADDY = spawnSync("caddy", ["version"]).status === 0 ? false : "needs caddy";
const FILE = "/etc/caddy/Caddyfile";
const HASH = "$2a$14$Zkx19XLiW6VYouLHR5NmfOFU0z2GTNmpkT/5qqR7hx4IjWJPDhjvG";

interface Case {
  readonly name: string;
  readonly caddyfile: string;
  readonly sites: readonly string[];
}

const AI = "0.0.0.0#443/tls ::#443/tls ai.example.com";
const OPEN = "* -> localhost#11434";
const lines = (...locations: readonly string[]) => [AI, ...locations.map((line) => `  ${line}`)];
const PLAIN = "0.0.0.0#80 ::#80 ai.example.com";
const withRedirect = (...locations: readonly string[]) => [...lines(...locations), PLAIN, "  * refuses"];

const CASES: readonly Case[] = [
  {
    name: "one line, open to everybody",
    caddyfile: "ai.example.com\nreverse_proxy localhost:11434\n",
    sites: withRedirect(OPEN),
  },
  {
    name: "basic auth",
    caddyfile: `ai.example.com {\n basicauth {\n  bob ${HASH}\n  eve ${HASH}\n }\n reverse_proxy localhost:11434\n}`,
    sites: withRedirect("* basic(bcrypt,2) -> localhost#11434"),
  },
  {
    name: "basic auth for a part",
    caddyfile: `ai.example.com {\n basicauth /api/* {\n  bob ${HASH}\n }\n reverse_proxy localhost:11434\n}`,
    sites: withRedirect("/api/ basic(bcrypt,1) -> localhost#11434", OPEN),
  },
  {
    name: "a key, everybody else is refused first",
    caddyfile: `ai.example.com {\n @unauthorized not header Authorization "Bearer s3cret"\n respond @unauthorized "no" 401\n reverse_proxy localhost:11434\n}`,
    sites: withRedirect("* bearer -> localhost#11434"),
  },
  {
    name: "a key, as two handle blocks",
    caddyfile: `ai.example.com {\n @key {\n  header Authorization "Bearer s3cret"\n }\n handle @key {\n  reverse_proxy localhost:11434\n }\n handle {\n  respond "no" 401\n }\n}`,
    sites: withRedirect("* bearer -> localhost#11434"),
  },
  {
    name: "a refusal behind handle comes too late",
    caddyfile: `ai.example.com {\n @bad not header Authorization "Bearer s3cret"\n respond @bad 401\n handle /api/* {\n  reverse_proxy localhost:11434\n }\n handle {\n  respond 404\n }\n}`,
    sites: withRedirect("/api/ -> localhost#11434", "* refuses"),
  },
  {
    name: "the health check is open",
    caddyfile: `ai.example.com {\n @key header X-Api-Key abc\n handle @key {\n  reverse_proxy localhost:11434\n }\n handle /api/version {\n  reverse_proxy localhost:11434\n }\n handle {\n  abort\n }\n}`,
    sites: withRedirect("=/api/version -> localhost#11434", "* bearer -> localhost#11434"),
  },
  {
    name: "any key will do",
    caddyfile: `ai.example.com {\n @bad not header Authorization *\n respond @bad 401\n reverse_proxy localhost:11434\n}`,
    sites: withRedirect("* any-credential -> localhost#11434"),
  },
  {
    name: "an expression",
    caddyfile:
      'ai.example.com {\n @bad expression `{header.Authorization} != "Bearer s3cret"`\n respond @bad 401\n reverse_proxy localhost:11434\n}',
    sites: withRedirect("* bearer -> localhost#11434"),
  },
  {
    name: "the office only",
    caddyfile: `ai.example.com {\n @outside not remote_ip 10.0.0.0/8 192.168.1.7\n abort @outside\n reverse_proxy localhost:11434\n}`,
    sites: withRedirect("* from(10.0.0.0/8,192.168.1.7/32) -> localhost#11434"),
  },
  {
    name: "the office, or a key",
    caddyfile: `ai.example.com {\n @outside {\n  not remote_ip 10.0.0.0/8\n  not header Authorization "Bearer k"\n }\n respond @outside 403\n reverse_proxy localhost:11434\n}`,
    sites: withRedirect("* from(10.0.0.0/8) or bearer -> localhost#11434"),
  },
  {
    name: "a password from outside",
    caddyfile: `ai.example.com {\n @outside not remote_ip 10.0.0.0/8\n basicauth @outside {\n  bob ${HASH}\n }\n reverse_proxy localhost:11434\n}`,
    sites: withRedirect("* from(10.0.0.0/8) or basic(bcrypt,1) -> localhost#11434"),
  },
  {
    name: "Authelia",
    caddyfile: `ai.example.com {\n forward_auth authelia:9091 {\n  uri /api/verify?rd=https://auth.example.com\n  copy_headers Remote-User\n }\n reverse_proxy localhost:11434\n}`,
    sites: withRedirect("* asks(authelia:9091) -> localhost#11434"),
  },
  {
    name: "below a path, the interface beside it",
    caddyfile: `ai.example.com {\n handle_path /ollama/* {\n  reverse_proxy localhost:11434\n }\n handle {\n  reverse_proxy 127.0.0.1:3000\n }\n}`,
    sites: withRedirect("/ollama/ -> localhost#11434/", "* -> 127.0.0.1#3000"),
  },
  {
    name: "an exact list in a route block",
    caddyfile: `ai.example.com {\n route {\n  @chat {\n   method POST\n   path /api/chat /v1/*\n  }\n  reverse_proxy @chat localhost:11434\n  respond 403\n }\n}`,
    sites: withRedirect("=/api/chat POST -> localhost#11434", "/v1/ POST -> localhost#11434", "* refuses"),
  },
  {
    name: "a snippet for two sites, plain and not",
    caddyfile: `(ollama) {\n reverse_proxy {args.0}\n}\nhttp://lan.example.com {\n import ollama localhost:11434\n}\nai.example.com {\n import ollama localhost:11435\n}`,
    sites: [
      "0.0.0.0#80 ::#80 lan.example.com",
      "  * -> localhost#11434",
      AI,
      "  * -> localhost#11435",
      PLAIN,
      "  * refuses",
    ],
  },
  {
    name: "a port without a name, a socket behind it",
    caddyfile: `:8081 {\n bind 127.0.0.1 ::1\n reverse_proxy unix//run/ollama.sock\n}`,
    sites: ["127.0.0.1#8081 ::1#8081 default", "  * -> unix:/run/ollama.sock"],
  },
  {
    name: "a certificate of the caller's",
    caddyfile: `ai.example.com {\n tls {\n  client_auth {\n   mode require_and_verify\n  }\n }\n reverse_proxy localhost:11434\n}`,
    sites: withRedirect("* certificate -> localhost#11434"),
  },
  {
    name: "who is let in without a password stays out of the group's other blocks",
    caddyfile: `ai.example.com {\n handle /public/* {\n }\n handle {\n  basicauth {\n   bob ${HASH}\n  }\n }\n reverse_proxy localhost:11434\n}`,
    sites: withRedirect("/public/ -> localhost#11434", "* basic(bcrypt,1) -> localhost#11434"),
  },
];

async function readFile(caddyfile: string) {
  const adapted = await adaptCaddyfile(writeFiles({ [FILE]: caddyfile }), FILE);
  assert.ok(adapted !== null);
  return toConfiguration(adapted.sites, [FILE], adapted.unclear);
}

for (const { name, caddyfile, sites } of CASES) {
  test(`a Caddyfile: ${name}`, async () => {
    const configuration = await readFile(caddyfile);
    assert.deepEqual(summarize(configuration), sites);
    assert.deepEqual(configuration.unclear, []);
  });
  test(`as Caddy itself understands it: ${name}`, { skip: NO_CADDY }, () => {
    const folder = mkdtempSync(join(tmpdir(), "portlock-caddy-"));
    try {
      writeFileSync(join(folder, "Caddyfile"), caddyfile);
      const adapted = spawnSync("caddy", ["adapt", "--config", join(folder, "Caddyfile"), "--adapter", "caddyfile"], {
        encoding: "utf8",
      });
      assert.equal(adapted.status, 0, adapted.stderr);
      const read = readCaddyJson(JSON.parse(adapted.stdout), "admin");
      assert.ok(read !== null);
      const told = summarize(toConfiguration(read.sites, [], read.unclear));
      assert.deepEqual(told.toSorted(), sites.toSorted());
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
}
