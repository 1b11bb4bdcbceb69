import assert from "node:assert/strict";
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test, { type TestContext } from "node:test";
import * as fc from "fast-check";
import { openLocalHost } from "../../../host/local.ts";
import type { PathMatch } from "../proxy.ts";
import type { RunningProxy } from "../running.ts";
import { parseDirectives } from "./directives.ts";
import { gatherNginx } from "./gather-nginx.ts";
import { orderLocations } from "./location-order.ts";

const NO_NGINX = spawnSync("nginx", ["-v"]).status === 0 ? false : "needs nginx";

interface Started {
  readonly child: ChildProcess;
  readonly folder: string;
}

/** An nginx of this test alone: in a folder of its own, in the foreground, listening on a socket there. */
async function startNginx(context: TestContext, http: string): Promise<Started> {
  const folder = mkdtempSync(join(tmpdir(), "portlock-nginx-"));
  writeFileSync(join(folder, "nginx.conf"), toConfiguration(folder, http));
  const child = spawn("nginx", ["-p", folder, "-c", "nginx.conf", "-e", "stderr"], {
    stdio: ["ignore", "ignore", "pipe"],
  });
  const messages: string[] = [];
  child.stderr.on("data", (text: Buffer) => messages.push(text.toString()));
  context.after(() => {
    child.kill();
    rmSync(folder, { recursive: true, force: true });
  });
  for (let tries = 0; tries < 500 && child.exitCode === null; tries += 1) {
    if (
      await ask(folder, 0, "/").then(
        () => true,
        () => false,
      )
    )
      return { child, folder };
    await new Promise((resolve) => void setTimeout(resolve, 10));
  }
  throw new Error(`nginx did not start: ${messages.join("")}`);
}

function toConfiguration(folder: string, http: string): string {
  const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map(
    (name) => `${name}_temp_path ${folder}/${name};`,
  );
  return `daemon off; master_process off; pid ${folder}/pid; events {}
http { access_log off; merge_slashes off; ${temporary.join(" ")}
${http.replaceAll("SOCKET", `unix:${folder}/socket`)} }\n`;
}

/** What the server of that number answers; `none` where it is not one of its locations. */
function ask(folder: string, server: number, path: string): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const headers = { connection: "close", host: `s${server}` };
  const asking = request({ socketPath: join(folder, "socket"), path, headers }, (response) => {
    let body = "";
    response.on("data", (text: Buffer) => (body += text.toString()));
    response.on("end", () => resolve(response.statusCode === 200 ? body : "none"));
  });
  asking.on("error", reject);
  asking.end();
  return promise;
}

const PREFIXES = ["/", "/a", "/a/", "/a/b", "/a/b/c", "/b", "/ab"];
const PATTERNS = ["a", "^/a", "b$", "/b/", "^/(a|b)/", "c"];
const PATHS = ["/", "/a", "/a/", "/a/b", "/a/b/c", "/A/b", "/b", "/ab", "/abc", "/c", "/a/c", "/x/b/", "/a/b/"];

interface Written {
  readonly modifier: "" | "=" | "^~" | "~" | "~*";
  readonly path: string;
  readonly nested: readonly Written[];
}

const flat: fc.Arbitrary<Written> = fc.oneof(
  fc.record({ modifier: fc.constantFrom("", "=", "^~"), path: fc.constantFrom(...PREFIXES), nested: fc.constant([]) }),
  fc.record({ modifier: fc.constantFrom("~", "~*"), path: fc.constantFrom(...PATTERNS), nested: fc.constant([]) }),
);
const written = fc
  .tuple(flat, fc.array(flat, { maxLength: 3 }))
  .map(([location, nested]): Written => ({ ...location, nested }));

/** What nginx accepts: no path twice, nothing in an exact location, nested prefixes within the outer one. */
function toText(locations: readonly Written[], outer: Written | null, name: string): string {
  const known = new Set<string>();
  return locations
    .map(({ modifier, path, nested }, index) => {
      const isPattern = modifier.startsWith("~");
      const key = isPattern ? `${index}` : `${modifier === "=" ? "=" : ""}${path}`;
      const fits = outer === null || isPattern || outer.modifier.startsWith("~") || path.startsWith(outer.path);
      const exactInPattern = outer?.modifier.startsWith("~") === true && !isPattern;
      if (known.has(key) || !fits || exactInPattern) return "";
      known.add(key);
      const own = `${name}${index}`;
      const inner = modifier === "=" ? "" : toText(nested, { modifier, path, nested }, `${own}.`);
      return `location ${modifier} "${path}" { ${inner} return 200 "${own}"; }\n`;
    })
    .join("");
}

function matches(paths: PathMatch, path: string): boolean {
  switch (paths.kind) {
    case "all":
      return true;
    case "exact":
      return paths.text === path;
    case "prefix":
      return path.startsWith(paths.text);
    case "pattern":
      return new RegExp(paths.text).test(path);
    case "unclear":
      return false;
  }
}

test("a request meets the location that nginx itself sends it to", { skip: NO_NGINX }, async (context) => {
  const servers = fc.sample(fc.array(written, { minLength: 1, maxLength: 6 }), { numRuns: 150, seed: 5 });
  const texts = servers.map((locations) => toText(locations, null, ""));
  const { folder } = await startNginx(
    context,
    texts.map((text, index) => `server { listen SOCKET; server_name s${index}; ${text} }`).join("\n"),
  );
  let compared = 0;
  for (const [index, text] of texts.entries()) {
    const { directives, fault } = parseDirectives(text, "test");
    assert.equal(fault, null);
    const ordered = orderLocations(directives);
    for (const path of PATHS) {
      const { within } = ordered.find(({ paths }) => matches(paths, path)) ?? { within: [] };
      const expected = within.at(-1)?.block?.find(({ name }) => name === "return")?.values[1] ?? "none";
      const answer = await ask(folder, index, path);
      assert.equal(answer, expected, `${path} in\n${text}`);
      compared += 1;
    }
  }
  assert.equal(compared, 150 * PATHS.length);
});

test("what nginx takes for a configuration is understood, and what it refuses is not", { skip: NO_NGINX }, () => {
  const folder = mkdtempSync(join(tmpdir(), "portlock-nginx-"));
  try {
    const piece = fc.constantFrom(
      "set $a b",
      ";",
      "{",
      "}",
      " ",
      '"x y"',
      "'z'",
      "\\",
      "\n",
      "# }\n",
      "if ($a)",
      "${a}",
      '"',
      "server",
      "location /",
    );
    const bodies = fc
      .sample(fc.array(piece, { maxLength: 9 }), { numRuns: 60, seed: 7 })
      .map((pieces) => pieces.join(""));
    for (const body of ["set $a b;", 'set $a "}";', "set $a b}", "set $a '\\'';", "if ($a) { set $b c; }", ...bodies]) {
      const text = toConfiguration(folder, `server { listen SOCKET; ${body}\n}`);
      writeFileSync(join(folder, "nginx.conf"), text);
      const { stderr } = spawnSync("nginx", ["-t", "-p", folder, "-c", "nginx.conf", "-e", "stderr"], {
        encoding: "utf8",
      });
      const refusedByReader = /unexpected|unterminated|too long parameter/.test(stderr);
      const refusedForMeaning = !refusedByReader && /\[emerg\]/.test(stderr);
      if (refusedForMeaning) continue; // an unknown directive ends nginx before it has read the rest
      assert.equal(
        parseDirectives(text, "test").fault === null,
        !refusedByReader,
        `${JSON.stringify(body)}: ${stderr}`,
      );
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

test(
  "an nginx that runs is read from its own files, and a change it has not loaded is seen",
  { skip: NO_NGINX },
  async (context) => {
    const { child, folder } = await startNginx(context, "server { listen SOCKET; location / { return 204; } }");
    assert.ok(child.pid !== undefined);
    const host = openLocalHost();
    context.after(() => host.close());
    const running: RunningProxy = {
      kind: "nginx",
      pid: child.pid,
      executable: "/usr/sbin/nginx",
      words: ["nginx", "-p", folder, "-c", "nginx.conf"],
      startedAt: "2020-01-01T00:00:00.000Z",
      workers: [],
      user: null,
      root: "",
    };
    const proxy = await gatherNginx(host, running);
    assert.match(proxy.version ?? "", /^1\.\d+\.\d+$/);
    assert.ok(proxy.declared.ok);
    assert.deepEqual(proxy.declared.value.files, [join(folder, "nginx.conf")]);
    assert.deepEqual(proxy.declared.value.sites[0]?.listeners, [{ kind: "unix", path: join(folder, "socket") }]);
    assert.equal(proxy.changedSinceLoaded, true);
    const fresh = await gatherNginx(host, { ...running, startedAt: "2100-01-01T00:00:00.000Z" });
    assert.equal(fresh.changedSinceLoaded, false);
  },
);
