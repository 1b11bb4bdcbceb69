import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { InspectedContainer } from "../../facts/container-inspection.ts";
import type { Container } from "../../facts/containers.ts";
import type { Facts } from "../../facts/facts.ts";
import { aDockerHost } from "../../judge/testing/docker-host.ts";
import { read } from "../../judge/testing/a-host.ts";
import type { Choices } from "../choices.ts";
import type { LeaveReason, Plan, Step } from "../plan.ts";
import { planOf, planWith, type Files } from "../testing/plan-of.ts";
import { anInspected, withMembers } from "../../../test/inspected-container.ts";

const ID = "c75183ca2151".padEnd(64, "0");
const RECREATE = { recreate: true } as const;

/** The official image in a container of Docker's, published to everybody, with other facts about it. */
function aContainer(more: Partial<Container> = {}, others: readonly Container[] = []): Facts {
  const { facts } = aDockerHost("0.0.0.0");
  const text = JSON.stringify(facts).replaceAll("llm".padEnd(64, "0"), ID);
  const found: Facts = JSON.parse(text);
  assert.ok(found.containers.ok);
  const [container, ...rest] = found.containers.value.containers;
  assert.ok(container !== undefined);
  const containers = [{ ...container, ...more }, ...rest, ...others];
  return { ...found, containers: read({ ...found.containers.value, containers }, "docker inspect") };
}

function told(inspected: InspectedContainer = plain()) {
  return new Map([[ID, read(inspected, "docker inspect")]]);
}

function plain(more: Partial<InspectedContainer> = {}, change: (text: string) => string = (text) => text) {
  const given = withMembers("Config", { Hostname: "c75183ca2151" });
  return anInspected("docker-20.10.24-inspect-plain", (text) => change(given(text)), more);
}

function stepOf(plan: Plan): Step {
  const [step, ...others] = plan.steps;
  assert.ok(step !== undefined && others.length === 0, JSON.stringify(plan.leaves));
  return step;
}

function wordsOf({ commands }: Step): readonly string[] {
  return commands.flat();
}

function reasonsOf({ leaves }: Plan): readonly LeaveReason["code"][] {
  return leaves.map(({ why }) => why.code);
}

function plan(facts: Facts, inspected: InspectedContainer, choices: Partial<Choices> = {}, files: Files = {}): Plan {
  return planOf(facts, choices, files, told(inspected));
}

const DEFAULTS = "--shm-size=67108864b --cgroupns=private --ipc=private --runtime=runc --log-driver=json-file";
const CREATED = `--name=llm --publish=127.0.0.1:11434:11434 --volume=models:/root/.ollama ${DEFAULTS}`;

describe("a container that a command line made", () => {
  test("is left with the command that makes it anew", () => {
    const made = plan(aContainer(), plain());
    assert.deepEqual(made.steps, []);
    assert.deepEqual(made.leaves[0], {
      server: "ollama-1",
      rule: "published-port-open",
      why: {
        code: "needs-recreate",
        command: `docker run --detach ${CREATED} ollama/ollama:latest`.split(" "),
        environment: [],
      },
    });
  });

  test("is made anew where that is asked for, and everything is claimed closed but its own address", () => {
    const made = plan(aContainer(), plain(), RECREATE);
    const step = stepOf(made);
    assert.equal(step.kind, "recreate-container");
    const docker = "docker --host unix:///run/docker.sock";
    assert.deepEqual(
      step.commands.map((command) => command.join(" ")),
      [
        `${docker} rename -- ${ID} llm-portlock-before`,
        `${docker} create ${CREATED} ollama/ollama:latest`,
        `${docker} stop -- ${ID}`,
        `${docker} start -- llm`,
      ],
    );
    assert.deepEqual(step.expect, [
      { kind: "listens-on-loopback-only", port: 11_434 },
      { kind: "answers", address: "127.0.0.1", port: 11_434 },
    ]);
    assert.deepEqual(step.remarks, [{ code: "keeps-old-container", container: "llm-portlock-before" }]);
    assert.deepEqual(made.interruptions, [{ server: "ollama-1", loadedModels: null, because: "recreate" }]);
    const entries = new Set(made.claims.map(({ entry }) => `${entry.address} ${entry.port}`));
    assert.deepEqual([...entries], ["192.168.1.10 11434", "172.17.0.1 11434"]);
    assert.ok(
      made.leaves.some(({ rule }) => rule === "open-to-containers"),
      JSON.stringify(made.leaves),
    );
  });

  test("hands its variables and labels on through files, and no value of them is in the plan", () => {
    const inspected = anInspected("docker-20.10.24-inspect-full", (text) => text.replaceAll('"11435"', '"11434"'));
    const step = stepOf(plan(aContainer(), inspected, RECREATE));
    assert.doesNotMatch(JSON.stringify(step), /a-secret-of-somebodys|ai research/);
    const [rename, keep, create, connect, ...rest] = step.commands;
    assert.equal(rename?.at(-1), "llm-portlock-before");
    const files = ["/run/portlock-c75183ca2151.environment", "/run/portlock-c75183ca2151.labels"];
    assert.deepEqual(keep?.slice(3), ["portlock", ID, ...files, "", "docker", "--host", "unix:///run/docker.sock"]);
    assert.deepEqual(create?.slice(-3), [`--env-file=${files[0]}`, `--label-file=${files[1]}`, "ollama/ollama:latest"]);
    assert.deepEqual(connect?.slice(3), ["network", "connect", "--alias=second", "--", "back", "llm"]);
    assert.deepEqual(
      rest.map((command) => command.at(-1)),
      [...files, ID, ID, "llm"],
    );
    assert.deepEqual(step.undo.after[0]?.slice(4, 10), [ID, "llm", "llm-portlock-before", "unless-stopped", ...files]);
  });

  test("on the host's own network is told another address", () => {
    const facts = aContainer({ networkMode: "host", published: [], networks: [] });
    const inspected = plain({}, withMembers("HostConfig", { NetworkMode: "host", PortBindings: {} }));
    const onHost = JSON.parse(JSON.stringify(facts).replaceAll("net:[2]", "net:[1]"));
    const step = stepOf(plan(onHost, inspected, RECREATE));
    assert.ok(wordsOf(step).includes("--env=OLLAMA_HOST=127.0.0.1:11434"));
    assert.deepEqual(step.mends, ["open-bind"]);
  });
});

describe("a container is left", () => {
  const other: Container = {
    ...firstContainer(aContainer()),
    name: "ui",
    id: "d".repeat(64),
    networkMode: `container:${ID}`,
  };
  const cases: readonly (readonly [
    what: string,
    facts: Facts,
    inspected: InspectedContainer,
    code: LeaveReason["code"],
  ])[] = [
    ["with data that is in no volume", aContainer(), plain({ changed: ["/root/models/a"] }), "data-in-container"],
    [
      "with a setting that is not known",
      aContainer(),
      plain({}, withMembers("HostConfig", { AutoRemove: true })),
      "settings-not-understood",
    ],
    ["whose network another one lives in", aContainer({}, [other]), plain(), "no-safe-change"],
    ["with a name that no engine gives", aContainer({ name: "-v/:/host" }), plain(), "no-safe-change"],
    ["that another client of Podman's made", aContainer({ engine: "podman" }), plain(), "settings-not-understood"],
    [
      "that podman-compose made",
      aContainer({ engine: "podman", compose: { project: "ai", service: "llm", files: ["/srv/a.yml"] } }),
      plain(),
      "no-safe-change",
    ],
    [
      "that a unit of somebody's own starts",
      aContainer({ engine: "podman" }),
      plain({ unit: "llm.service" }),
      "no-safe-change",
    ],
  ];
  for (const [what, facts, inspected, code] of cases) {
    test(what, () => {
      const made = plan(facts, inspected, RECREATE);
      assert.deepEqual(made.steps, []);
      assert.ok(reasonsOf(made).includes(code), JSON.stringify(made.leaves));
    });
  }

  test("of which its engine does not tell", () => {
    assert.ok(reasonsOf(planOf(aContainer(), RECREATE)).includes("not-inspected"));
  });

  test("that is reached by its own address alone", () => {
    const made = plan(aContainer({ published: [] }), plain(), RECREATE);
    assert.deepEqual(made.steps, []);
    assert.ok(!reasonsOf(made).includes("needs-recreate"));
  });
});

function firstContainer({ containers }: Facts): Container {
  const [first] = containers.ok ? containers.value.containers : [];
  assert.ok(first !== undefined);
  return first;
}

describe("a service of Compose", () => {
  const compose = { project: "ai", service: "llm", files: ["compose.yml", "/srv/ai/over.yml"] };
  const files = {
    "/srv/ai/compose.yml": "services:\n  llm:\n    image: ollama/ollama:${TAG}\n    ports: ['11434:11434']\n",
    "/srv/ai/over.yml": "services:\n  llm:\n    restart: always\n",
    "/srv/ai/.env": "# ours\nexport TAG=latest\nSECRET=s3cret\n",
  };
  const clients = { plugin: "2.24.5", standalone: "1.29.2" };
  const inspected = (version: string, composeClients = clients): InspectedContainer =>
    plain({ compose: { version, directory: "/srv/ai", environmentFiles: [] }, composeClients });

  test("is closed in the file that publishes it, by the Compose that made it", () => {
    for (const [version, program] of [
      ["2.20.0", "docker --host unix:///run/docker.sock compose"],
      ["1.28.0", "docker-compose --host unix:///run/docker.sock"],
    ] as const) {
      const made = plan(aContainer({ compose }), inspected(version), {}, files);
      const step = stepOf(made);
      assert.deepEqual(step.files, [
        {
          path: "/srv/ai/compose.yml",
          edit: {
            kind: "splice",
            splices: [
              { line: 4, removed: ["    ports: ['11434:11434']"], inserted: ["    ports: ['127.0.0.1:11434:11434']"] },
            ],
          },
        },
      ]);
      const up =
        `${program} --project-name=ai --project-directory=/srv/ai --file=/srv/ai/compose.yml --file=/srv/ai/over.yml ` +
        "up --detach --no-deps --no-build llm";
      assert.deepEqual(
        [step.commands, step.undo.after].map(([command]) => command?.join(" ")),
        [up, up],
      );
      assert.doesNotMatch(JSON.stringify(made), /s3cret/);
    }
  });

  test("is started again with the files of variables that were named", () => {
    const named = plain({
      compose: { version: "2.24.5", directory: "/srv/ai", environmentFiles: ["/srv/ai/prod.env"] },
      composeClients: clients,
    });
    const step = stepOf(plan(aContainer({ compose }), named, {}, { ...files, "/srv/ai/prod.env": "TAG=latest\n" }));
    assert.ok(wordsOf(step).includes("--env-file=/srv/ai/prod.env"));
  });

  for (const [what, version, change, code] of [
    ["whose variables came from a shell", "2.24.5", { "/srv/ai/.env": "OTHER=1\n" }, "unknown-variables"],
    ["whose client is gone", "", {}, "no-compose-client"],
  ] as const) {
    test(`is left ${what}`, () => {
      const made = plan(aContainer({ compose }), inspected(version), {}, { ...files, ...change });
      assert.deepEqual([made.steps, reasonsOf(made).includes(code)], [[], true]);
    });
  }

  for (const [why, change] of [
    ["absent", { "/srv/ai/over.yml": undefined }],
    ["variable", { "/srv/ai/compose.yml": "services:\n  llm:\n    ports: ['${PORT}:11434']\n" }],
  ] as const) {
    test(`is refused where its file is one that cannot be edited: ${why}`, () => {
      const left = Object.entries({ ...files, ...change }).flatMap(([path, text]) =>
        text === undefined ? [] : [[path, text] as const],
      );
      const planned = planWith(aContainer({ compose }), {}, Object.fromEntries(left), told(inspected("2.24.5")));
      assert.ok(planned.kind === "refused" && planned.refusal.code === "file-not-understood");
      assert.equal(planned.refusal.why, why);
    });
  }
});

test("a container of Podman's is made anew with the words it was made with", () => {
  const inspected = anInspected("podman-4.3.1-inspect-full", (text) => text.replaceAll("21435", "11434"));
  const step = stepOf(plan(aContainer({ engine: "podman" }), inspected, RECREATE));
  const words = wordsOf(step);
  const create = words.slice(words.indexOf("create") - 1);
  assert.deepEqual(create.slice(2, 5), ["--name=llm", "--publish=127.0.0.1:11434:11434", "--hostname=llm"]);
  assert.match(create[5] ?? "", /^--volume=[0-9a-f]{64}:\/scratch$/);
  assert.doesNotMatch(JSON.stringify(step), /abc/);
  const always = withMembers("Config", { CreateCommand: ["podman", "run", "--restart=always", "-p", "1:2", "x"] });
  const left = plan(aContainer({ engine: "podman" }), anInspected("podman-4.3.1-inspect-full", always), RECREATE);
  assert.deepEqual(left.steps, []);
});

test("a quadlet is edited, and its unit restarted", () => {
  const files = { "/etc/containers/systemd/llm.container": "[Container]\nImage=ollama\nPublishPort=11434:11434\n" };
  const made = plan(aContainer({ engine: "podman" }), plain({ unit: "llm.service" }), {}, files);
  const step = stepOf(made);
  assert.equal(step.kind, "set-unit");
  assert.deepEqual(step.commands, [
    ["systemctl", "daemon-reload"],
    ["systemctl", "restart", "--", "llm.service"],
  ]);
  assert.equal(made.interruptions[0]?.because, "restart");
});
