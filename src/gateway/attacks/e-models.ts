import assert from "node:assert/strict";
import { ROUTES } from "../policy/routes.ts";
import type { Behave } from "../testing/recording-upstream.ts";
import {
  type Attempt,
  type Attempts,
  bearer,
  bodyOf,
  byThemselves,
  expectRefused,
  expectServed,
  toBody,
  toGet,
  toPost,
} from "./attempt.ts";
import { PROMPT } from "./world.ts";

/** A form with fields in turn; `file` is an upload. */
function toForm(fields: readonly (readonly [name: string, value: string])[], boundary = "edge"): string {
  const parts = fields.map(([name, value]) => {
    const file = name === "file" ? '; filename="a.wav"' : "";
    return `--${boundary}\r\ncontent-disposition: form-data; name="${name}"${file}\r\n\r\n${value}\r\n`;
  });
  return `${parts.join("")}--${boundary}--\r\n`;
}

const FORM = "content-type: multipart/form-data; boundary=edge";
const SPEECH = "/v1/audio/transcriptions";

const oddModels: Attempt = async (world) => {
  const allowed = bearer(world.narrow);
  const bodies = [
    "{}",
    '{"model":""}',
    '{"model":null}',
    '{"model":"qwen3","model":"llama3.2"}',
    '{"model":"llama3.2","model":"qwen3"}',
    '{"model":"qwen3","Model":"llama3.2"}',
    '{"MODEL":"llama3.2"}',
    '{"model":"qwen3","mode\\u006c":"llama3.2"}',
    '{"model":["qwen3"]}',
    '{"model":{"name":"qwen3"}}',
    '{"model":7}',
    '{"model":true}',
    '{"request":{"model":"qwen3"}}',
    '[{"model":"qwen3"}]',
    '"qwen3"',
    '{"model":"qwen3"}{"model":"llama3.2"}',
    '{"model":"qwen3"',
    "model=qwen3",
  ];
  for (const path of ["/api/chat", "/v1/chat/completions", "/v1/messages"]) {
    await expectRefused(
      world,
      [400],
      byThemselves(bodies, (body) => toPost(path, [allowed], body)),
    );
  }
};

const otherNames: Attempt = async (world) => {
  const same = ["qwen3", "QWEN3", "qwen3:latest", "library/qwen3", "registry.ollama.ai/library/qwen3:8b", "Qwen3:8B"];
  await expectServed(
    world,
    byThemselves(same, (model) => toPost("/api/chat", [bearer(world.narrow)], toBody(model))),
  );
  const others = [
    "llama3.2",
    "alice/qwen3",
    "hf.co/a/qwen3",
    "hf.co/library/qwen3",
    "qwen3x",
    "qwen",
    "xqwen3",
    "qwen3 ",
    " qwen3",
    "qwen3\t",
    "qwen3\u200b",
    "qw\u0435n3",
    "\uff51wen3",
    "qwen3\u0301",
    "qwen3:8b:latest",
    "qwen3/../llama3.2",
    "qwen3@sha256:0",
    "qwen3:8b/../llama3.2",
    "*",
    "../../../../etc/passwd",
    "http://127.0.0.1/library/qwen3",
  ];
  await expectRefused(
    world,
    [400, 403],
    byThemselves(others, (model) => Buffer.from(toPost("/api/chat", [bearer(world.narrow)], toBody(model)))),
  );
};

const nameOrModel: Attempt = async (world) => {
  const bodies = [
    '{"name":"llama3.2"}',
    '{"model":"llama3.2"}',
    '{"model":"qwen3","name":"llama3.2"}',
    '{"name":"qwen3","model":"llama3.2"}',
    '{"name":"qwen3","NAME":"llama3.2"}',
  ];
  for (const [path, method] of [
    ["/api/show", "POST"],
    ["/api/delete", "DELETE"],
    ["/api/pull", "POST"],
    ["/api/push", "POST"],
  ] as const) {
    await expectRefused(
      world,
      [400, 403],
      byThemselves(bodies, (body) => toPost(path, [bearer(world.narrow)], body, method)),
    );
  }
  const copies = ['{"source":"llama3.2","destination":"qwen3"}', '{"source":"qwen3","destination":"llama3.2"}'];
  await expectRefused(
    world,
    [400, 403],
    byThemselves([...copies, '{"source":"qwen3"}', '{"destination":"qwen3"}'], (body) =>
      toPost("/api/copy", [bearer(world.narrow)], body),
    ),
  );
  await expectRefused(
    world,
    [400, 403],
    byThemselves(['{"model":"qwen3","from":"llama3.2"}', '{"model":"llama3.2","from":"qwen3"}'], (body) =>
      toPost("/api/create", [bearer(world.narrow)], body),
    ),
  );
};

const inForm: Attempt = async (world) => {
  const allowed = [bearer(world.narrow), FORM];
  await expectServed(world, {
    allowed: toPost(
      SPEECH,
      allowed,
      toForm([
        ["model", "qwen3"],
        ["file", PROMPT],
      ]),
    ),
    "with another in the query": toPost(
      `${SPEECH}?model=llama3.2`,
      allowed,
      toForm([
        ["model", "qwen3"],
        ["file", "x"],
      ]),
    ),
  });
  assert.equal(world.upstream.reached.at(-1)?.target, SPEECH);
  await expectRefused(world, [400, 403, 415], {
    denied: toPost(
      SPEECH,
      allowed,
      toForm([
        ["model", "llama3.2"],
        ["file", "x"],
      ]),
    ),
    "allowed first": toPost(
      SPEECH,
      allowed,
      toForm([
        ["model", "qwen3"],
        ["model", "llama3.2"],
      ]),
    ),
    "denied first": toPost(
      SPEECH,
      allowed,
      toForm([
        ["model", "llama3.2"],
        ["model", "qwen3"],
      ]),
    ),
    none: toPost(SPEECH, allowed, toForm([["file", "x"]])),
    "in the query alone": toPost(`${SPEECH}?model=qwen3`, allowed, toForm([["file", "x"]])),
    "in a file": toPost(SPEECH, allowed, toForm([["file", toForm([["model", "qwen3"]], "inner")]])),
    "another boundary": toPost(SPEECH, allowed, toForm([["model", "qwen3"]], "other")),
    "two boundaries": toPost(
      SPEECH,
      [bearer(world.narrow), "content-type: multipart/form-data; boundary=edge; boundary=other"],
      toForm([["model", "qwen3"]]),
    ),
    "JSON instead": toPost(SPEECH, [bearer(world.narrow), "content-type: application/json"], toBody()),
    "an extended name": toPost(
      SPEECH,
      allowed,
      toForm([["model", "qwen3"]]).replace('name="model"', "name=\"x\"; name*=utf-8''model"),
    ),
  });
};

const everyRoute: Attempt = async (world) => {
  const naming = ROUTES.filter(({ modelIn, grant }) => modelIn !== "none" && grant === null);
  assert.ok(naming.length >= 20, "routes that name models");
  const make = (id: string, model: string): string => {
    const [method = "", path = ""] = id.split(" ");
    if (path.includes("{model}")) return toGet(path.replace("{model}", model), [bearer(world.narrow)], method);
    if (path === SPEECH) return toPost(path, [bearer(world.narrow), FORM], toForm([["model", model]]), method);
    const body = path === "/api/copy" ? JSON.stringify({ source: model, destination: "qwen3:mine" }) : toBody(model);
    return toPost(path, [bearer(world.narrow)], body, method);
  };
  for (const { id } of naming) {
    await expectServed(world, { [id]: make(id, "qwen3") });
    await expectRefused(world, [403], { [id]: make(id, "llama3.2") });
  }
};

const LISTS: Readonly<Record<string, string>> = {
  "/api/tags": '{"models":[{"name":"qwen3:8b","model":"qwen3:8b"},{"name":"hidden:7b","model":"hidden:7b"}]}',
  "/api/ps": '{"models":[{"name":"hidden:7b","model":"hidden:7b"},{"name":"qwen3:8b","model":"qwen3:8b"}]}',
  "/v1/models": '{"object":"list","data":[{"id":"qwen3:8b"},{"id":"hidden:7b"},{"id":"QWEN3"}]}',
};

const lists: Attempt = async (world) => {
  const behave: Behave = (response, request) => {
    response.writeHead(200, { "content-type": "application/json" }).end(LISTS[request.url ?? ""]);
  };
  world.upstream.behave = behave;
  for (const path of Object.keys(LISTS)) {
    const [all = ""] = await expectServed(world, { [path]: toGet(path, [bearer(world.manager)]) });
    assert.ok(bodyOf(all).includes("hidden:7b"), path);
    const [own = ""] = await expectServed(world, { [path]: toGet(path, [bearer(world.narrow)]) });
    assert.ok(bodyOf(own).includes("qwen3:8b"), own);
    assert.ok(!own.includes("hidden"), own);
    const asked = toGet(path, [
      bearer(world.narrow),
      "accept-encoding: gzip",
      'if-none-match: "x"',
      "range: bytes=0-9",
    ]);
    assert.ok(!(await world.send(asked)).includes("hidden"));
  }
  await expectRefused(
    world,
    [401, 403],
    byThemselves(Object.keys(LISTS), (path) => toGet(path, [bearer(world.alice)])),
  );
};

export const MODEL_ATTACKS: Attempts<"e"> = {
  36: oddModels,
  37: otherNames,
  38: nameOrModel,
  39: inForm,
  40: everyRoute,
  41: lists,
};
