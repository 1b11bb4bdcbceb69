/**
 * `portlock verify` on a real host that has a site by `portlock proxy`: what the site lets through is what it says, the
 * direct way stays closed, streams and uploads pass, a credential is told to nobody, and a site that somebody opened by
 * hand is found.
 */
import assert from "node:assert/strict";
import { after, test } from "node:test";
import type { Verified } from "../src/report/proof-lines.ts";
import { type Lab, openLab } from "./lab.ts";
import { runPortlock } from "./portlock.ts";
import { missingRequirement } from "./requirements.ts";

const skip = missingRequirement("proxies") ?? false;
const lab: Lab | null = skip === false ? openLab() : null;
after(() => lab?.close());

const SITE = "/etc/nginx/sites-available/portlock-ollama_11434";
const BLOBS = "/usr/share/ollama/.ollama/models/blobs";
const CREDENTIAL = "/root/alice";

test(
  "verify proves what a site lets through, and finds one that was opened by hand",
  { skip, timeout: 120_000 },
  async () => {
    assert.ok(lab);
    const host = await lab.host({ systemd: true });
    await host.installOllama({
      mainUnit: ["Environment=STAND_IN_TOKENS=2000 STAND_IN_TOKEN_INTERVAL_MS=20 STAND_IN_MAKE_HOME=1"],
    });
    await host.systemd("start", "nginx");
    await host.waitForPort(80);
    const site8443 = ["proxy", "nginx", "--listen", "8443", "--tls-self-signed", "--auth", "basic"];
    const scopes = ["inference", "read", "manage"].flatMap((scope) => ["--scope", scope]);
    const made = await runPortlock(host, [...site8443, ...scopes, "--user", "alice", "--rate", "0", "--yes", "--json"]);
    assert.equal(made.exitCode, 0, made.stdout + made.stderr);
    const password = /password (\S+)/.exec(made.stderr)?.[1] ?? assert.fail(made.stderr);
    await host.write(CREDENTIAL, `alice:${password}\n`);

    const asked = ["verify", "--credential-file", CREDENTIAL, "--fail-on", "never"];
    const told = await runPortlock(host, [...asked, "--json"]);
    const { proofs }: Verified = JSON.parse(told.stdout);
    const [site, ...others] = proofs.sites;
    assert.ok(site !== undefined && others.length === 0);
    assert.deepEqual(site.to, { address: "127.0.0.1", port: 8443 });
    assert.deepEqual(
      site.tries.filter(({ agrees }) => !agrees),
      [],
    );
    assert.ok(site.tries.some(({ expected, path }) => expected === "let-through" && path === "/api/tags"));
    assert.ok(site.refusedAfter !== null);
    // Strangers meet nothing where the server itself listens.
    for (const { place, to, verdict } of proofs.proofs) {
      if (place.kind !== "host" && to.port === 11434) assert.equal(verdict, "closed");
    }
    const text = await runPortlock(host, asked);
    assert.match(text.stdout, /What the proxy lets through: nginx at 127\.0\.0\.1:8443/);
    assert.match(text.stdout, /without a credential: all \d+ requests were refused/);
    const heard = await runPortlock(host, [...asked, "--ask-model", "llama3.2:3b", "--json"]);
    const { proofs: withModel }: Verified = JSON.parse(heard.stdout);
    const generated = withModel.sites[0]?.asked;
    assert.deepEqual([generated?.passesAtOnce, generated?.stopsWithClient], [{ holds: true }, { holds: true }]);

    const sent = await runPortlock(host, [...asked, "--try-upload", "128MiB", "--json"]);
    const { proofs: withUpload }: Verified = JSON.parse(sent.stdout);
    const uploaded = withUpload.sites[0]?.uploaded;
    assert.deepEqual([uploaded?.passes, uploaded?.inConstantMemory], [{ holds: true }, { holds: true }], sent.stdout);
    await host.run(["mount", "-t", "tmpfs", "-o", "size=256m", "tmpfs", BLOBS]);
    const full = await runPortlock(host, [...asked, "--try-upload", "128MiB"]);
    assert.match(full.stdout, /an upload of 128 MiB passes is not known: [^:]+ has too\s+little\s+room \(25\d MiB\)/);
    assert.equal((await host.run(["ls", BLOBS])).stdout, "");
    await host.run(["umount", BLOBS]);
    for (const printed of [told, text, heard, sent, full])
      assert.ok(!`${printed.stdout}${printed.stderr}`.includes(password));

    await host.run(["sed", "-i", 's/auth_basic "Portlock";/auth_basic off;/', SITE]);
    await host.systemd("reload", "nginx");
    const opened = await runPortlock(host, [...asked, "--json"]);
    assert.equal(opened.exitCode, 1, opened.stderr);
    const found: Verified = JSON.parse(opened.stdout);
    assert.ok(
      found.proofs.sites[0]?.tries.some(
        ({ shown, path, agrees }) => shown === "nothing" && path === "/api/tags" && !agrees,
      ),
    );
    host.close();
  },
);
