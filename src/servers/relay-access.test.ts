/** Relays that demand a credential and let somebody past all the same, by what they answer. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { recorded } from "./answers.fixture.ts";
import { recogniseServer } from "./catalogue.ts";
import {
  LITELLM_PASSING_THROUGH,
  LITELLM_WITHOUT_DOCS,
  LITELLM_WITHOUT_PRISMA,
  toOpenWebUiAnswers,
} from "./relay-answers.fixture.ts";

const cases = [
  ["Open WebUI without an account yet", toOpenWebUiAnswers({ onboarding: true, enable_signup: true }), "open"],
  [
    "Open WebUI without an account yet, behind a header",
    toOpenWebUiAnswers({ onboarding: true, auth_trusted_header: true }),
    "open",
  ],
  ["Open WebUI with sign-up", toOpenWebUiAnswers({ enable_signup: true }), "unknown"],
  ["Open WebUI that believes a header", toOpenWebUiAnswers({ auth_trusted_header: true }), "unknown"],
  ["Open WebUI that asks nobody", toOpenWebUiAnswers({ auth: false, onboarding: true }), "open"],
  ["LiteLLM without its pages", LITELLM_WITHOUT_DOCS, "guarded"],
  ["LiteLLM that fails where it should refuse", LITELLM_WITHOUT_PRISMA, "unknown"],
  ["LiteLLM with a path that may be let through", LITELLM_PASSING_THROUGH, "unknown"],
] as const;

for (const [what, told, access] of cases) {
  test(what, () => {
    const found = recogniseServer(recorded(told));
    assert.equal(found?.access, access);
  });
}
