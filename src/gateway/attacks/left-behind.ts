import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { readMetrics } from "./attempt.ts";
import { PROMPT, type World } from "./world.ts";

/** Texts in which nothing of a secret may be found, by what they are. */
type Traces = Readonly<Record<string, string>>;

/** Looks for every secret of the world, as it is and in other writings, in all that was written, said, told and kept. */
export async function expectNothingLeftBehind(world: World): Promise<void> {
  const told = await gatherTold(world);
  const kept = await gatherKept(world);
  // What is looked at is what was written: the ids of keys stand in it.
  for (const what of ["access log", "audit log", "metrics", "tables"]) {
    assert.ok((told[what] ?? kept[what])?.includes(world.alice.key.id), `${what} holds nothing`);
  }
  const pepper = readFileSync(join(dataFolderOf(world), "pepper"), "utf8").trim();
  const secrets = [...world.secrets, pepper].filter((secret) => secret !== "");
  expectNone({ ...told, ...kept }, secrets.flatMap(toWritings));
  const hashes = (await world.open.store.listKeys()).flatMap(({ secrets: all }) => all.map(({ value }) => value));
  expectNone(told, hashes);
  const { "at the model server": _, ...beside } = told;
  expectNone({ ...beside, ...kept }, [PROMPT]);
}

function expectNone(traces: Traces, texts: readonly string[]): void {
  for (const [what, trace] of Object.entries(traces)) {
    for (const text of texts) {
      const at = trace.indexOf(text);
      assert.equal(at, -1, `${what}: …${trace.slice(Math.max(0, at - 200), at + 20)}…`);
    }
  }
}

/** A secret, the random part of a key, half of that, and the same in base64 and hexadecimal. */
function toWritings(secret: string): readonly string[] {
  const random = secret.startsWith("plk_") ? secret.slice(13) : secret;
  const half = random.slice(0, Math.ceil(random.length / 2));
  const bytes = Buffer.from(secret);
  return [half, random.slice(half.length), bytes.toString("hex"), bytes.toString("base64").slice(0, -4)];
}

async function gatherTold(world: World): Promise<Traces> {
  const { gateway, upstream } = world;
  const logs = [world.accessLog, `${world.accessLog}.1`].filter(existsSync);
  const entries = await world.open.store.listAudit(0, 10_000);
  return {
    "access log": logs.map((file) => readFileSync(file, "utf8")).join(""),
    "audit log": JSON.stringify(entries),
    metrics: await readMetrics(world),
    "output of the gateway": gateway.said,
    "output of commands and other gateways": world.said.join("\n"),
    "answers to clients": world.heard.join("\n"),
    "at the model server": JSON.stringify(upstream.reached),
    "list of processes": listProcesses(),
    "environment of the gateway": readFileSync(`/proc/${gateway.pid}/environ`, "latin1"),
  };
}

function listProcesses(): string {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, "latin1");
      } catch {
        // It has ended meanwhile.
        return "";
      }
    })
    .join("\n");
}

const TABLES = ["portlock_state", "portlock_keys", "portlock_secrets", "portlock_usage", "portlock_audit"];

async function gatherKept({ place, servers }: World): Promise<Traces> {
  if (place.kind === "folder") {
    const files = readdirSync(place.path).filter((name) => name.startsWith("gateway.db"));
    return { tables: files.map((name) => readFileSync(join(place.path, name), "latin1")).join("\n") };
  }
  if (servers === null) throw new Error("there are no servers");
  const rows = await Promise.all(TABLES.map((table) => servers.postgres.ask(place.url, `select * from ${table}`)));
  servers.redis.ask("SAVE");
  const dump = join(dirname(servers.redis.url.slice("unix:".length)), "dump.rdb");
  return { tables: JSON.stringify(rows), Redis: readFileSync(dump, "latin1") };
}

function dataFolderOf({ place, folder }: World): string {
  return place.kind === "folder" ? place.path : folder;
}
