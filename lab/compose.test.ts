/**
 * A compose file of which one token is changed: on a real Docker the service is made anew from it, closed to others,
 * with what lies in its volumes; taken back, it is as it was.
 */
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { carryOut } from "./carry-out.ts";
import { waitForAnswer } from "./configurations/start-container.ts";
import { describeContainer, idOf } from "./describe-container.ts";
import { type Lab, openLab } from "./lab.ts";
import { planHost } from "./plan-host.ts";
import { missingRequirement } from "./requirements.ts";

const skip = missingRequirement("docker", "compose") ?? false;
const lab: Lab | null = skip === false ? openLab() : null;
after(() => lab?.close());

const COMPOSE = `# Our models
services:
  llm:
    image: ollama/ollama:latest   # pinned elsewhere
    container_name: ollama
    restart: always
    ports:
      - "11434:11434"     # everybody
      - 127.0.0.1:9000:9000
    environment:
      - OLLAMA_KEEP_ALIVE=\${KEEP_ALIVE}
    volumes: [models:/root/.ollama, /scratch]
  other:
    image: busybox:latest
    ports: ["8080:80"]
volumes:
  models:
`;

test("Compose: the port is closed in its file, and opened again", { skip }, async () => {
  assert.ok(lab);
  const host = await lab.host({ systemd: true, docker: true });
  try {
    await host.docker.start();
    await host.docker.importOllama();
    await host.docker.importBusybox();
    await host.write("/srv/my models/docker-compose.yml", COMPOSE);
    await host.write("/srv/my models/.env", "KEEP_ALIVE=7m\n");
    await host.run(["sh", "-c", 'cd "/srv/my models" && docker-compose up -d llm other']);
    await waitForAnswer(host, "127.0.0.1", 11_434);
    await host.docker.command("exec", "ollama", "sh", "-c", "echo kept | tee /root/.ollama/kept /scratch/kept");
    const before = await describeContainer(host.docker, "ollama");
    const other = await idOf(host.docker, "mymodels_other_1");

    const plan = await planHost(host, { method: "container" });

    assert.deepEqual(
      plan.steps.map(({ kind, files }) => [kind, files]),
      [
        [
          "edit-compose-file",
          [
            {
              path: "/srv/my models/docker-compose.yml",
              edit: {
                kind: "splice",
                splices: [
                  {
                    line: 8,
                    removed: ['      - "11434:11434"     # everybody'],
                    inserted: ['      - "127.0.0.1:11434:11434"     # everybody'],
                  },
                ],
              },
            },
          ],
        ],
      ],
      JSON.stringify(plan.leaves),
    );
    const undo = await carryOut(host, plan);
    await waitForAnswer(host, "127.0.0.1", 11_434);
    assert.notEqual((await host.neighbour.connect(host.addresses.eth0.ipv4, 11_434)).kind, "connected");
    assert.deepEqual(withoutComposeNotes(await describeContainer(host.docker, "ollama")), withoutComposeNotes(before));
    const kept = await host.docker.command("exec", "ollama", "cat", "/root/.ollama/kept", "/scratch/kept");
    assert.equal(kept.stdout, "kept\nkept\n");
    assert.equal(await idOf(host.docker, "mymodels_other_1"), other, "no other service is touched");

    await undo();

    await waitForAnswer(host, "127.0.0.1", 11_434);
    assert.equal((await host.neighbour.connect(host.addresses.eth0.ipv4, 11_434)).kind, "connected");
    assert.deepEqual(withoutComposeNotes(await describeContainer(host.docker, "ollama")), withoutComposeNotes(before));
  } finally {
    host.close();
  }
});

/** Compose notes on a container what its file said and where that is, and which one it took the place of. */
const COMPOSE_NOTE =
  /^Config\.(?:Labels\.com\.docker\.compose\.(?:config-hash|project\.config_files) |Env\.\d+ "affinity:)/;

function withoutComposeNotes(lines: readonly string[]): readonly string[] {
  return lines.filter((line) => !COMPOSE_NOTE.test(line));
}
