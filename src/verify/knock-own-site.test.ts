/**
 * Sites of Portlock's are knocked at as `portlock verify --credential-file` does it: in the real proxies, as they are made
 * and as somebody spoiled them, in front of a server that notes what reaches it and whether a body came whole.
 */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { hash } from "bcryptjs";
import { findFreePort, listen, makeSiteText } from "../../test/a-proxy-site.ts";
import { readInstalledVersion, startProxy } from "../../test/proxy-programs.ts";
import { makeCredential } from "../commands/make-credential.ts";
import { openLocalWriter } from "../host/local-writer.ts";
import { findMissing, startShellHost } from "../host/shell-host.fixture.ts";
import { openSshWriter } from "../host/ssh-writer.ts";
import type { HostWriter } from "../host/writer.ts";
import { readOwnSite } from "../plan/proxy/own-site.ts";
import type { ProxyKind } from "../proxy/site.ts";
import { PROXY_KINDS } from "../proxy/site.ts";
import { knockOwnSite, type KnockedSite } from "./knock-own-site.ts";

const closing: (() => unknown)[] = [];
after(async () => {
  for (const close of closing) await close();
});

interface Knocks {
  readonly seen: KnockedSite;
  /** `shown: METHOD path` of what came to something else than was expected. */
  readonly parting: readonly string[];
  /** What reached the server, `METHOD path`. */
  readonly reached: readonly string[];
  /** Those of it whose body came to its end. */
  readonly whole: readonly string[];
}

interface Scene {
  /** What somebody made of the text, and the file with the passwords. */
  readonly spoil?: (text: string, people: string) => string;
  readonly open?: () => HostWriter | Promise<HostWriter>;
  readonly patienceSeconds?: number;
}

/** Calls a site whose text may have been changed by hand. */
async function knock(kind: ProxyKind, scene: Scene = {}): Promise<Knocks> {
  const { spoil = (text) => text, open = openLocalWriter, patienceSeconds = 10 } = scene;
  const folder = mkdtempSync(join(tmpdir(), "portlock-knocks-"));
  const people = join(folder, "people");
  const { authorization, line, secret } = await makeCredential(kind === "caddy" ? "nginx" : kind, "basic", "alice");
  const cheap = `alice ${(await hash(secret, 4)).replace(/^\$2[ab]\$/, "$2y$")}`;
  writeFileSync(people, `${kind === "caddy" ? cheap : line}\n`);
  closing.push(() => rmSync(folder, { recursive: true }));
  const reached: string[] = [];
  const whole: string[] = [];
  const model = createServer((request, response) => {
    const route = `${request.method} ${request.url}`;
    reached.push(route);
    request.resume().on("end", () => {
      whole.push(route);
      response.end("{}");
    });
    request.on("error", () => {});
  });
  const upstream = await listen(model);
  closing.unshift(() => {
    model.closeAllConnections();
    model.close();
  });
  const port = await findFreePort();
  const made = makeSiteText(
    kind,
    { id: "tried", auth: { kind: "basic", file: people }, scopes: ["inference", "read"] },
    { port, upstream },
  );
  const site = readOwnSite(kind, "site", made);
  assert.ok(site);
  const proxy = await startProxy(kind, spoil(made, people).replace("$2y$14$", "$2y$04$"), folder, port);
  const writer = await open();
  try {
    const wrong = `Basic ${btoa("portlock-nobody:wrong")}`;
    const now = () => new Date(0);
    await fetch(`http://127.0.0.1:${port}/`, { headers: { authorization: wrong } });
    reached.length = 0;
    const seen = await knockOwnSite({ writer, site, wrong, credential: authorization, patienceSeconds, now });
    const parting = seen.proofs
      .filter(({ agrees }) => !agrees)
      .map(({ shown, method, path }) => `${shown}: ${method} ${path}`);
    return { seen, parting, reached, whole };
  } finally {
    await writer.close();
    await proxy.end();
  }
}

function skipWithout(kind: ProxyKind): string | false {
  return readInstalledVersion(kind) === null ? `${kind} is not installed` : false;
}

for (const kind of PROXY_KINDS) {
  test(
    `a site of ${kind}'s refuses every other method, and lets nothing of it through`,
    { skip: skipWithout(kind) },
    async () => {
      const { seen, parting, reached } = await knock(kind);
      assert.deepEqual([parting, reached, seen.isCut, seen.untried], [[], [], false, []]);
      const shown = (what: string): number => seen.proofs.filter((each) => each.shown === what).length;
      assert.ok(shown("nothing") > 100 && shown("wrong-credential") > 20 && shown("credential") > 10);
      const asked = new Set(seen.proofs.map(({ method, path }) => `${method} ${path}`));
      for (const route of ["POST /api/generate", "DELETE /api/delete", "PUT /api/tags", "PORTLOCK /api/signout"]) {
        assert.ok(asked.has(route), route);
      }
      for (const acting of ["POST /api/signout", "POST /api/me"]) assert.ok(!asked.has(acting), acting);
    },
  );
}

interface Trap {
  readonly what: string;
  readonly kind: ProxyKind;
  readonly spoil: readonly (readonly [from: string | RegExp, to: string])[];
  readonly found: readonly string[];
}

const NGINX_AUTH = /auth_basic "Portlock";\n *auth_basic_user_file ([^;]+);/;
const TRAPS: readonly Trap[] = [
  {
    what: "limit_except asks all but POST for a password",
    kind: "nginx",
    spoil: [
      [NGINX_AUTH, ""],
      ["location = /portlock/forward {", "location = /portlock/forward {\nlimit_except POST { AUTH }"],
    ],
    found: ["nothing: POST /api/generate", "wrong-credential: POST /api/show"],
  },
  {
    what: "a map switches the password off for POST",
    kind: "nginx",
    spoil: [
      [/^upstream/m, 'map $request_method $realm {\n default "Portlock";\n POST off;\n}\nupstream'],
      ['auth_basic "Portlock"', "auth_basic $realm"],
    ],
    found: ["nothing: POST /api/generate", "nothing: POST /api/pull"],
  },
  {
    what: "OPTIONS is answered for everybody",
    kind: "nginx",
    spoil: [['auth_basic "Portlock";', 'if ($request_method = OPTIONS) { return 204; }\nauth_basic "Portlock";']],
    found: ["nothing: OPTIONS /api/tags", "credential: OPTIONS /api/tags"],
  },
  {
    what: "a person may pull models, too",
    kind: "nginx",
    spoil: [[/_target \{\n/, '_target {\n"~^POST /api/(?:pull|delete)" /api/pull;\n']],
    found: ["credential: POST /api/pull"],
  },
  {
    what: "a password is asked of GET and HEAD alone",
    kind: "caddy",
    spoil: [["basicauth bcrypt", "@reading method GET HEAD\nbasicauth @reading bcrypt"]],
    found: ["nothing: POST /api/chat", "wrong-credential: POST /api/pull", "nothing: PORTLOCK /api/tags"],
  },
  {
    what: "a person may do anything by DELETE",
    kind: "caddy",
    spoil: [["default refused", '"~^DELETE (/.*)$" "${1}"\ndefault refused']],
    found: ["credential: DELETE /api/delete"],
  },
  {
    what: "a password is asked of METH_GET alone",
    kind: "haproxy",
    spoil: [["unless { var(txn.portlock_user) -m found }", "if METH_GET !{ var(txn.portlock_user) -m found }"]],
    found: ["nothing: POST /api/chat", "nothing: PUT /api/tags", "wrong-credential: DELETE /api/delete"],
  },
  {
    what: "a person may POST to whatever begins with /api/",
    kind: "haproxy",
    spoil: [["{ method POST } { path -m str /api/show }", "{ method POST } { path_beg /api/ }"]],
    found: ["credential: POST /api/pull", "credential: POST /api/create"],
  },
];

describe("a site that somebody spoiled is found, and no body came whole to the server", { concurrency: 4 }, () => {
  for (const { what, kind, spoil, found } of TRAPS) {
    test(`${kind}: ${what}`, { skip: skipWithout(kind) }, async () => {
      const { parting, whole } = await knock(kind, {
        patienceSeconds: 1,
        spoil: (made, people) =>
          spoil.reduce((text, [from, to]) => {
            assert.ok(typeof from === "string" ? text.includes(from) : from.test(text), `${from}`);
            return text.replace(from, () =>
              to.replace("AUTH", `auth_basic "Portlock"; auth_basic_user_file ${people};`),
            );
          }, made),
      });
      for (const request of found) assert.ok(parting.includes(request), `${request}\n${parting.join("\n")}`);
      assert.deepEqual(whole, []);
    });
  }
});

/** Programs of a small host behind SSH. */
const TOOLS = "cat cp env head ls od sed sleep stat timeout tr"
  .split(" ")
  .map((tool) => [tool, "/bin/busybox"] as const);

describe("a host behind SSH that has BusyBox", { skip: findMissing("/bin/busybox") ?? skipWithout("haproxy") }, () => {
  async function openFar(tools: readonly (readonly [string, string])[]): Promise<HostWriter> {
    const ends = { after: (end: () => void) => void closing.push(end) };
    const sshd = await startShellHost(ends, "/bin/busybox", tools);
    return openSshWriter(sshd.target, { configFile: sshd.configFile });
  }

  test("knocks with its own curl", async () => {
    const { seen, parting } = await knock("haproxy", { open: () => openFar([...TOOLS, ["curl", "/usr/bin/curl"]]) });
    assert.deepEqual([parting, seen.untried], [[], []]);
  });

  test("says so where it has none", async () => {
    const { seen } = await knock("haproxy", { open: () => openFar(TOOLS) });
    assert.deepEqual(seen, {
      proofs: [],
      isCut: false,
      untried: [{ place: null, why: "other-methods", detail: "site: curl" }],
    });
  });
});
