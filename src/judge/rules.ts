import type { RuleId } from "./finding.ts";
import type { Rule } from "./rule.ts";
import { ANY_ORIGIN_ALLOWED } from "./rules/any-origin-allowed.ts";
import { BROWSER_PAGE_CAN_CALL } from "./rules/browser-page-can-call.ts";
import { CLOUD_ON_EXPOSED_SERVER } from "./rules/cloud-on-exposed-server.ts";
import { COMMENT_APPLIED_AS_SETTING } from "./rules/comment-applied-as-setting.ts";
import { CONTAINER_ADDRESS_OPEN } from "./rules/container-address-open.ts";
import { DAEMON_RELOAD_MISSING } from "./rules/daemon-reload-missing.ts";
import { FORWARDED_PORT_OPEN } from "./rules/forwarded-port-open.ts";
import { IP_FILTER_UNPROVEN } from "./rules/ip-filter-unproven.ts";
import { KEY_FILE_READABLE } from "./rules/key-file-readable.ts";
import { KNOWN_VULNERABILITY } from "./rules/known-vulnerability.ts";
import { LOOPBACK_ROUTED_IN } from "./rules/loopback-routed-in.ts";
import { MISLEADING_LISTEN_ADDRESS } from "./rules/misleading-listen-address.ts";
import { MODEL_FOLDER_WRITABLE } from "./rules/model-folder-writable.ts";
import { OPEN_BIND } from "./rules/open-bind.ts";
import { OPEN_TO_CONTAINERS } from "./rules/open-to-containers.ts";
import { PLANTED_MODELS } from "./rules/planted-models.ts";
import { PUBLISHED_PORT_OPEN } from "./rules/published-port-open.ts";
import { REACHED_FROM_OTHER_INTERFACE } from "./rules/reached-from-other-interface.ts";
import { REQUEST_LOGGING_ON } from "./rules/request-logging-on.ts";
import { RESTART_MISSING } from "./rules/restart-missing.ts";
import { RUNS_AS_ROOT } from "./rules/runs-as-root.ts";
import { SECOND_SERVER } from "./rules/second-server.ts";
import { SETTING_IN_OVERWRITTEN_UNIT } from "./rules/setting-in-overwritten-unit.ts";
import { SETTING_WITHOUT_EFFECT } from "./rules/setting-without-effect.ts";
import { VERSION_UNKNOWN } from "./rules/version-unknown.ts";
import { UFW_INACTIVE } from "./rules/ufw-inactive.ts";
import { FIREWALLD_UNSAVED } from "./rules/firewalld-unsaved.ts";
import { RULE_MANAGERS_FIGHT } from "./rules/rule-managers-fight.ts";
import { RULE_LOST_ON_RELOAD } from "./rules/rule-lost-on-reload.ts";
import { RULE_NEVER_REACHED } from "./rules/rule-never-reached.ts";
import { RULE_FOR_ONE_FAMILY } from "./rules/rule-for-one-family.ts";
import { DEFAULT_POLICY_ACCEPT } from "./rules/default-policy-accept.ts";
import { PROXY_WITHOUT_AUTH } from "./rules/proxy-without-auth.ts";
import { PROXY_AUTH_WITHOUT_TLS } from "./rules/proxy-auth-without-tls.ts";
import { EVERY_USER_MANAGES_MODELS } from "./rules/every-user-manages-models.ts";
import { CREDENTIAL_FORWARDED_UPSTREAM } from "./rules/credential-forwarded-upstream.ts";
import { HOST_CHECK_SWITCHED_OFF_BY_PROXY } from "./rules/host-check-switched-off-by-proxy.ts";
import { PROXY_REFUSED_BY_HOST_CHECK } from "./rules/proxy-refused-by-host-check.ts";
import { PROXY_BREAKS_STREAMING } from "./rules/proxy-breaks-streaming.ts";
import { PROXY_ALLOWS_ANY_ORIGIN } from "./rules/proxy-allows-any-origin.ts";
import { OPEN_BESIDE_PROXY } from "./rules/open-beside-proxy.ts";
import { SLOW_PASSWORD_HASH } from "./rules/slow-password-hash.ts";
import { PROXY_ANSWERS_OTHERWISE } from "./rules/proxy-answers-otherwise.ts";
import { PROXY_RELOAD_MISSING } from "./rules/proxy-reload-missing.ts";
import { TUNNEL_WITHOUT_AUTH } from "./rules/tunnel-without-auth.ts";
import { SESSION_OUTLIVES_RULE } from "./rules/session-outlives-rule.ts";

/** Every rule by its id, each told once for each root cause it finds; one that is missing does not compile. */
export const RULES: { readonly [Id in RuleId]: Rule<Id> } = {
  "open-bind": OPEN_BIND,
  "published-port-open": PUBLISHED_PORT_OPEN,
  "container-address-open": CONTAINER_ADDRESS_OPEN,
  "open-to-containers": OPEN_TO_CONTAINERS,
  "forwarded-port-open": FORWARDED_PORT_OPEN,
  "reached-from-other-interface": REACHED_FROM_OTHER_INTERFACE,
  "loopback-routed-in": LOOPBACK_ROUTED_IN,
  "browser-page-can-call": BROWSER_PAGE_CAN_CALL,
  "any-origin-allowed": ANY_ORIGIN_ALLOWED,
  "proxy-without-auth": PROXY_WITHOUT_AUTH,
  "proxy-auth-without-tls": PROXY_AUTH_WITHOUT_TLS,
  "every-user-manages-models": EVERY_USER_MANAGES_MODELS,
  "credential-forwarded-upstream": CREDENTIAL_FORWARDED_UPSTREAM,
  "host-check-switched-off-by-proxy": HOST_CHECK_SWITCHED_OFF_BY_PROXY,
  "proxy-refused-by-host-check": PROXY_REFUSED_BY_HOST_CHECK,
  "proxy-breaks-streaming": PROXY_BREAKS_STREAMING,
  "proxy-allows-any-origin": PROXY_ALLOWS_ANY_ORIGIN,
  "open-beside-proxy": OPEN_BESIDE_PROXY,
  "slow-password-hash": SLOW_PASSWORD_HASH,
  "proxy-answers-otherwise": PROXY_ANSWERS_OTHERWISE,
  "proxy-reload-missing": PROXY_RELOAD_MISSING,
  "tunnel-without-auth": TUNNEL_WITHOUT_AUTH,
  "setting-without-effect": SETTING_WITHOUT_EFFECT,
  "comment-applied-as-setting": COMMENT_APPLIED_AS_SETTING,
  "setting-in-overwritten-unit": SETTING_IN_OVERWRITTEN_UNIT,
  "daemon-reload-missing": DAEMON_RELOAD_MISSING,
  "restart-missing": RESTART_MISSING,
  "second-server": SECOND_SERVER,
  "misleading-listen-address": MISLEADING_LISTEN_ADDRESS,
  "known-vulnerability": KNOWN_VULNERABILITY,
  "version-unknown": VERSION_UNKNOWN,
  "runs-as-root": RUNS_AS_ROOT,
  "key-file-readable": KEY_FILE_READABLE,
  "model-folder-writable": MODEL_FOLDER_WRITABLE,
  "request-logging-on": REQUEST_LOGGING_ON,
  "planted-models": PLANTED_MODELS,
  "cloud-on-exposed-server": CLOUD_ON_EXPOSED_SERVER,
  "ufw-inactive": UFW_INACTIVE,
  "firewalld-unsaved": FIREWALLD_UNSAVED,
  "rule-managers-fight": RULE_MANAGERS_FIGHT,
  "rule-lost-on-reload": RULE_LOST_ON_RELOAD,
  "rule-never-reached": RULE_NEVER_REACHED,
  "rule-for-one-family": RULE_FOR_ONE_FAMILY,
  "default-policy-accept": DEFAULT_POLICY_ACCEPT,
  "session-outlives-rule": SESSION_OUTLIVES_RULE,
  "ip-filter-unproven": IP_FILTER_UNPROVEN,
};
