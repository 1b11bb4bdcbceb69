import assert from "node:assert/strict";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test, { type TestContext } from "node:test";
import { openLocalHost } from "../../host/local.ts";
import { openConfigurationFiles } from "./configuration-files.ts";
import { followInside, mayRead } from "./inner-path.ts";

function makeRoot(context: TestContext) {
  const root = mkdtempSync(join(tmpdir(), "portlock-root-"));
  chmodSync(root, 0o755);
  context.after(() => rmSync(root, { recursive: true, force: true }));
  mkdirSync(join(root, "etc/nginx/sites-enabled"), { recursive: true });
  mkdirSync(join(root, "etc/nginx/sites-available"));
  writeFileSync(join(root, "etc/nginx/sites-available/a"), "of the container");
  symlinkSync("/etc/nginx/sites-available/a", join(root, "etc/nginx/sites-enabled/a"));
  symlinkSync("../sites-available/a", join(root, "etc/nginx/sites-enabled/b"));
  symlinkSync("loop", join(root, "etc/loop"));
  return root;
}

test("links in a container lead to its own files", async (context) => {
  const root = makeRoot(context);
  const host = openLocalHost();
  context.after(() => host.close());
  assert.equal(await followInside(host, root, "/etc/nginx/sites-enabled/a"), "/etc/nginx/sites-available/a");
  assert.equal(
    await followInside(host, root, "/etc/nginx/sites-enabled/../sites-enabled/b"),
    "/etc/nginx/sites-available/a",
  );
  assert.equal(await followInside(host, root, "/../../etc/x"), "/etc/x");
  assert.equal(await followInside(host, root, "/etc/loop"), null);
  const files = openConfigurationFiles(host, { root, user: null });
  assert.equal(await files.read("/etc/nginx/sites-enabled/a"), "of the container");
  assert.deepEqual(files.files, ["/etc/nginx/sites-enabled/a"]);
});

test("what its user cannot read a proxy was not started with", async (context) => {
  const root = makeRoot(context);
  const host = openLocalHost();
  context.after(() => host.close());
  const user = { uid: 54_321, gids: [54_321] };
  const path = join(root, "etc/nginx/sites-available/a");
  chmodSync(path, 0o644);
  assert.equal(await mayRead(host, "", path, user), true);
  chmodSync(path, 0o600);
  assert.equal(await mayRead(host, "", path, user), false);
  assert.equal(await mayRead(host, "", path, { uid: 0, gids: [0] }), true);
  chmodSync(path, 0o644);
  chmodSync(join(root, "etc/nginx"), 0o700);
  assert.equal(await mayRead(host, "", path, user), false);
  const files = openConfigurationFiles(host, { root: "", user });
  assert.equal(await files.read(path), null);
  assert.deepEqual(files.unread, [{ file: path, line: null, text: "denied" }]);
});
