/**
 * What relays really answered to somebody without a credential, for tests: status and body by question. LiteLLM 1.108.7
 * and Open WebUI 0.12.4 with an Ollama behind them; long bodies are cut where `…` stands.
 */
import { API_VERSION, LITELLM_ROUTES, OPEN_WEBUI_CONFIG, OPENAI_MODELS, ROOT } from "./questions.ts";

export type Told = Readonly<Record<string, readonly [status: number, body: string]>>;

const LITELLM_PAGE = `
    <!DOCTYPE html>
    <html>
    <head>
    <meta name="viewport" content="width=device-width, initial-scale=1.0">
    <link type="text/css" rel="stylesheet" href="/swagger/swagger-ui.css">
    <link rel="shortcut icon" href="/swagger/favicon.png">
    <title>LiteLLM API - Swagger UI</title>
    </head>…`;

const LITELLM_MODELS =
  '{"data":[{"id":"qwen","object":"model","created":1677610602,"owned_by":"openai"}],"object":"list"}';

const LITELLM_REFUSES =
  '{"error":{"message":"Authentication Error, No api key passed in.","type":"auth_error","param":"None","code":"401"}}';

const LITELLM_OWN_ROUTES = [
  '{"path":"/openapi.json","methods":["GET","HEAD"],"name":"openapi","endpoint":"openapi"}',
  '{"path":"/vertex_ai/live","methods":null,"name":"vertex_ai_live_passthrough_endpoint","endpoint":"vertex_ai_live_passthrough_endpoint"}',
  '{"path":"/mcp/proxy","methods":["GET","DELETE","HEAD","PUT","PATCH","POST","OPTIONS"],"name":"proxy_mcp_route","endpoint":"proxy_mcp_route"}',
];

/** A path of `pass_through_endpoints`. */
const LITELLM_PASS_THROUGH =
  '{"path":"/raw","methods":["GET","DELETE","PUT","PATCH","POST"],"name":"endpoint_func","endpoint":"endpoint_func"}';

/** Without a master key, which LITELLM_DANGEROUSLY_PERMIT_WEAK_OR_UNSET_MASTER_KEY=true allows. */
export const LITELLM: Told = {
  [ROOT.id]: [200, LITELLM_PAGE],
  [API_VERSION.id]: [404, '{"detail":"Not Found"}'],
  [OPENAI_MODELS.id]: [200, LITELLM_MODELS],
  [LITELLM_ROUTES.id]: [200, `{"routes":[${LITELLM_OWN_ROUTES.join(",")}]}`],
};

export const LITELLM_WITH_KEY: Told = { ...LITELLM, [OPENAI_MODELS.id]: [401, LITELLM_REFUSES] };

/** With NO_DOCS=True. */
export const LITELLM_WITHOUT_DOCS: Told = { ...LITELLM_WITH_KEY, [ROOT.id]: [200, '"LiteLLM: RUNNING"'] };

/** With a master key, as `pip install 'litellm[proxy]'` has it: without the package prisma, a refusal fails. */
export const LITELLM_WITHOUT_PRISMA: Told = {
  ...LITELLM_WITH_KEY,
  [OPENAI_MODELS.id]: [500, "Internal Server Error"],
};

/** With a master key, and a path of its own that `auth: false` opens to everybody. */
export const LITELLM_PASSING_THROUGH: Told = {
  ...LITELLM_WITH_KEY,
  [LITELLM_ROUTES.id]: [200, `{"routes":[${[...LITELLM_OWN_ROUTES, LITELLM_PASS_THROUGH].join(",")}]}`],
};

const OPEN_WEBUI_PAGE = `<!doctype html>
<html lang="en">
	<head>
		<meta charset="utf-8" />
		<title>Open WebUI</title>
	</head>…`;

/** What varies between installations of Open WebUI. */
interface OpenWebUi {
  readonly onboarding?: boolean;
  readonly auth?: boolean;
  readonly enable_signup?: boolean;
  readonly auth_trusted_header?: boolean;
}

/** Open WebUI with an account and without sign-up, as the first account leaves it, but for what is told. */
export function toOpenWebUiAnswers(of: OpenWebUi): Told {
  const { onboarding = false, auth = true, enable_signup = false, auth_trusted_header = false } = of;
  const config = {
    ...(onboarding ? { onboarding } : {}),
    status: true,
    name: "Open WebUI",
    version: "0.12.4",
    default_locale: "",
    i18n: {},
    oauth: { providers: {}, auto_redirect: false },
    features: {
      slim: false,
      auth,
      auth_trusted_header,
      enable_signup_password_confirmation: false,
      enable_ldap: false,
      enable_signup,
      enable_login_form: true,
      enable_websocket: true,
    },
  };
  return {
    [ROOT.id]: [200, OPEN_WEBUI_PAGE],
    [API_VERSION.id]: [200, '{"version":"0.12.4","deployment_id":""}'],
    [OPENAI_MODELS.id]: [200, OPEN_WEBUI_PAGE],
    [OPEN_WEBUI_CONFIG.id]: [200, JSON.stringify(config)],
  };
}
