/**
 * Sites of Portlock's are called as `portlock verify` calls them: in the real proxies, in front of a server that notes
 * what reaches it.
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
import { RECIPES } from "../../test/proxy-attacks/recipes.ts";
import { startRecipe } from "../../test/proxy-attacks/targets.ts";
import { makeCredential } from "../commands/make-credential.ts";
import type { HostReader } from "../host/host.ts";
import { openHost } from "../host/open-host.ts";
import { OWN_SITE_FILES } from "../plan/proxy/own-site.ts";
import { PROXY_KINDS, type ProxyKind } from "../proxy/site.ts";
import { examineSites } from "./examine-sites.ts";
import type { TriedSite } from "./proofs.ts";

const closing: (() => unknown)[] = [];
after(async () => {
  for (const close of closing) await close();
});

interface Scene {
  readonly host: HostReader;
  readonly authorization: string;
  /** Methods and targets, in the order in which they came. */
  readonly reached: string[];
}

/** A proxy with a site whose text may have been changed by hand, on a host that has no other file. */
async function setUp(kind: ProxyKind, change: (text: string) => string = (text) => text): Promise<Scene> {
  const folder = mkdtempSync(join(tmpdir(), "portlock-sites-"));
  const people = join(folder, "people");
  // A password is the same for all; at the cost that Caddy is given it is hashed for seconds, which is no matter here.
  const { authorization, line, secret } = await makeCredential(kind === "caddy" ? "nginx" : kind, "basic", "alice");
  const cheap = `alice ${(await hash(secret, 4)).replace(/^\$2[ab]\$/, "$2y$")}`;
  writeFileSync(people, `${kind === "caddy" ? cheap : line}\n`);
  closing.push(() => rmSync(folder, { recursive: true }));
  const reached: string[] = [];
  const model = createServer(({ method, url }, response) => {
    reached.push(`${method} ${url}`);
    response.statusCode = url?.includes("no-such") === true ? 404 : 200;
    response.end("{}");
  });
  const upstream = await listen(model);
  closing.unshift(() => model.close());
  const port = await findFreePort();
  const made = makeSiteText(
    kind,
    { id: "tried", auth: { kind: "basic", file: people }, scopes: ["inference", "read"] },
    { port, upstream },
  );
  const text = change(made).replace("$2y$14$", "$2y$04$");
  const proxy = await startProxy(kind, text, folder, port);
  const real = await openHost("localhost");
  closing.unshift(
    () => real.close(),
    () => proxy.end(),
  );
  const [, place] = OWN_SITE_FILES.find(([each]) => each === kind) ?? [];
  const name = kind === "nginx" ? "portlock-tried" : `tried.${kind === "caddy" ? "caddy" : "cfg"}`;
  const host: HostReader = Object.assign(Object.create(real), {
    request: real.request.bind(real),
    listDirectory: async (path: string) => ({ ok: true, value: path === place ? [name, "theirs"] : [], from: path }),
    readFile: async (path: string) => ({ ok: true, value: text, from: path }),
  });
  return { host, authorization, reached };
}

async function examine({ host }: Scene, credential: string | null): Promise<TriedSite> {
  const { sites } = await examineSites({ host, guarded: [], credential, work: null, now: () => new Date(0) });
  assert.equal(sites.length, 1);
  return sites[0] ?? assert.fail();
}

function listParting({ tries }: TriedSite): readonly string[] {
  return tries.filter(({ agrees }) => !agrees).map(({ shown, method, path }) => `${shown}: ${method} ${path}`);
}

for (const kind of PROXY_KINDS) {
  const skip = readInstalledVersion(kind) === null ? `${kind} is not installed` : false;
  describe(`a site of ${kind}'s`, { skip }, () => {
    test("refuses whoever shows nothing, or what is wrong, everywhere, and lets in exactly to what it says", async () => {
      const scene = await setUp(kind);
      const seen = await examine(scene, scene.authorization);
      assert.deepEqual(listParting(seen), []);
      assert.equal(seen.isCut, false);
      assert.ok(seen.refusedAfter !== null && seen.refusedAfter.knownName > 0);
      // An audit of this machine may ask the model server itself.
      const through = new Set(scene.reached);
      for (const request of ["GET /api/tags", "HEAD /api/version", "GET /v1/models/portlock-no-such-model"]) {
        assert.ok(through.has(request), request);
      }
      assert.ok(![...through].some((request) => /pull|delete|pprof/.test(request)), [...through].join(" "));
    });

    test("is called by nobody who is let in where no credential was handed in", async () => {
      const scene = await setUp(kind);
      const { host } = scene;
      const { sites, untried } = await examineSites({
        host,
        guarded: [],
        credential: null,
        work: null,
        now: () => new Date(0),
      });
      assert.deepEqual(new Set(sites[0]?.tries.map(({ shown }) => shown)), new Set(["nothing", "wrong-credential"]));
      assert.deepEqual(
        untried.map(({ why }) => why),
        ["no-credential"],
      );
    });
  });
}

const OPENED: readonly (readonly [what: string, kind: ProxyKind, from: RegExp, to: string, found: string])[] = [
  ["password taken out of nginx's", "nginx", /auth_basic "Portlock";/, "auth_basic off;", "nothing: GET /api/tags"],
  [
    "password taken out of Caddy's",
    "caddy",
    /basicauth bcrypt Portlock \{\n(?:.*\n){1,2}\t*\}/,
    "",
    "nothing: GET /api/tags",
  ],
  ["rule taken out of HAProxy's", "haproxy", /http-request return status 403 .*/, "", "credential: GET /debug/pprof/"],
];
for (const [what, kind, from, to, found] of OPENED) {
  const skip = readInstalledVersion(kind) === null ? `${kind} is not installed` : false;
  test(`a ${what} site is found`, { skip }, async () => {
    const scene = await setUp(kind, (text) => {
      assert.match(text, from);
      return text.replace(from, to);
    });
    const parting = listParting(await examine(scene, scene.authorization));
    assert.ok(parting.includes(found), parting.join("\n"));
  });
}

/** What a recipe of somebody else's lets through for nobody, where it is judged to demand a credential. */
async function examineTheirs(name: string): Promise<readonly string[]> {
  const recipe = RECIPES.find((each) => each.name.en === name);
  assert.ok(recipe, name);
  const target = await startRecipe(recipe);
  const host = await openHost("localhost");
  const guarded = { proxy: recipe.proxy, address: "127.0.0.1", port: target.port, tls: false, name: null, paths: [] };
  const none: HostReader = Object.assign(Object.create(host), {
    request: host.request.bind(host),
    listDirectory: async (path: string) => ({ ok: true, value: [], from: path }),
  });
  try {
    const examined = await examineSites({
      host: none,
      guarded: [guarded],
      credential: target.person.value,
      work: null,
      now: () => new Date(0),
    });
    assert.deepEqual([examined.sites.length, examined.untried.length], [1, 0]);
    const [site] = examined.sites;
    assert.ok(site?.tries.every(({ shown }) => shown === "nothing"));
    return site === undefined ? [] : listParting(site);
  } finally {
    await host.close();
    await target.end();
  }
}

const THEIRS: readonly (readonly [recipe: string, found: string | null])[] = [
  ["nginx, basic auth in front of everything", null],
  ["HAProxy, a bearer key", null],
  ["Caddy, basicauth for /api/* alone", "nothing: GET /v1/models"],
];
for (const [recipe, found] of THEIRS) {
  const missing = PROXY_KINDS.find((kind) => readInstalledVersion(kind) === null);
  test(
    `somebody else's site is asked without a credential alone: ${recipe}`,
    {
      skip: missing === undefined ? false : `${missing} is not installed`,
    },
    async () => {
      const parting = await examineTheirs(recipe);
      if (found === null) assert.deepEqual(parting, []);
      else assert.ok(parting.includes(found), parting.join(", "));
    },
  );
}
