import type { RuleId } from "./finding.ts";
import type { Rule } from "./rule.ts";
import { ANY_ORIGIN_ALLOWED } from "./rules/any-origin-allowed.ts";
import { BROWSER_PAGE_CAN_CALL } from "./rules/browser-page-can-call.ts";
import { CLOUD_ON_EXPOSED_SERVER } from "./rules/cloud-on-exposed-server.ts";
import { KEY_FILE_READABLE } from "./rules/key-file-readable.ts";
import { KNOWN_VULNERABILITY } from "./rules/known-vulnerability.ts";
import { LOOPBACK_ROUTED_IN } from "./rules/loopback-routed-in.ts";
import { MODEL_FOLDER_WRITABLE } from "./rules/model-folder-writable.ts";
import { OPEN_BIND } from "./rules/open-bind.ts";
import { PLANTED_MODELS } from "./rules/planted-models.ts";
import { PUBLISHED_PORT_OPEN } from "./rules/published-port-open.ts";
import { REACHED_FROM_OTHER_INTERFACE } from "./rules/reached-from-other-interface.ts";
import { REQUEST_LOGGING_ON } from "./rules/request-logging-on.ts";
import { RUNS_AS_ROOT } from "./rules/runs-as-root.ts";
import { VERSION_UNKNOWN } from "./rules/version-unknown.ts";
import { COMMENT_APPLIED_AS_SETTING } from "./rules/comment-applied-as-setting.ts";
import { DAEMON_RELOAD_MISSING } from "./rules/daemon-reload-missing.ts";
import { IP_FILTER_UNPROVEN } from "./rules/ip-filter-unproven.ts";
import { MISLEADING_LISTEN_ADDRESS } from "./rules/misleading-listen-address.ts";
import { RESTART_MISSING } from "./rules/restart-missing.ts";
import { SECOND_SERVER } from "./rules/second-server.ts";
import { SETTING_IN_OVERWRITTEN_UNIT } from "./rules/setting-in-overwritten-unit.ts";
import { SETTING_WITHOUT_EFFECT } from "./rules/setting-without-effect.ts";

type AnyRule = { readonly [Id in RuleId]: Rule<Id> }[RuleId];

/** Every rule, each told once for each root cause it finds. The order does not matter: findings are sorted. */
export const RULES: readonly AnyRule[] = [
  OPEN_BIND,
  PUBLISHED_PORT_OPEN,
  REACHED_FROM_OTHER_INTERFACE,
  LOOPBACK_ROUTED_IN,
  BROWSER_PAGE_CAN_CALL,
  ANY_ORIGIN_ALLOWED,
  CLOUD_ON_EXPOSED_SERVER,
  KEY_FILE_READABLE,
  KNOWN_VULNERABILITY,
  MODEL_FOLDER_WRITABLE,
  PLANTED_MODELS,
  REQUEST_LOGGING_ON,
  RUNS_AS_ROOT,
  VERSION_UNKNOWN,
  COMMENT_APPLIED_AS_SETTING,
  DAEMON_RELOAD_MISSING,
  IP_FILTER_UNPROVEN,
  MISLEADING_LISTEN_ADDRESS,
  RESTART_MISSING,
  SECOND_SERVER,
  SETTING_IN_OVERWRITTEN_UNIT,
  SETTING_WITHOUT_EFFECT,
];
