import type { DeclarationReason } from "../../judge/server.ts";

type Reasons = Readonly<Record<DeclarationReason, string>>;

/** Why a declared value reaches the process or does not; said by the reporter and by the rules alike. */
export const DECLARATION_REASONS_EN: Reasons = {
  "in-effect": "it is in effect",
  "not-read-by-system-services": "system services do not read this file",
  "shell-only": "only shells read this file",
  "user-services-only": "only user services read this file",
  "no-unit-names-this-file": "no unit names this file",
  "not-exported": "the line does not export it",
  "daemon-reload-missing": "systemctl daemon-reload has not been run since",
  "restart-missing": "the service has not been restarted since",
  "outside-service-section": "the line stands outside [Service]",
  "curly-quotes": "systemd does not take curly quotes for quotes",
  "unbalanced-quotes": "a quote on the line is not closed",
  "unknown-escape": "systemd throws the line away from an unknown escape on",
  "export-not-understood": "systemd does not understand `export` in this file",
  "overridden-later": "a later line wins",
  "overridden-by-environment-file": "an EnvironmentFile wins over it",
  "overridden-by-command": "the command that starts the server sets its own value",
  "server-started-otherwise": "the server was not started by what reads this",
  "container-has-its-own": "the container has an environment of its own",
  "effective-unread": "the environment of the process could not be read",
  "cannot-tell": "nothing says where the value of the process comes from",
};

export const DECLARATION_REASONS_ZH_CN: Reasons = {
  "in-effect": "已生效",
  "not-read-by-system-services": "系统服务不读取该文件",
  "shell-only": "只有 shell 会读取该文件",
  "user-services-only": "只有用户级服务会读取该文件",
  "no-unit-names-this-file": "没有任何 unit 引用该文件",
  "not-exported": "该行没有 export",
  "daemon-reload-missing": "修改后尚未执行 systemctl daemon-reload",
  "restart-missing": "修改后服务尚未重启",
  "outside-service-section": "该行不在 [Service] 段内",
  "curly-quotes": "systemd 不识别中文（弯）引号",
  "unbalanced-quotes": "该行引号未闭合",
  "unknown-escape": "该行含有未知转义，systemd 从该处起丢弃整行",
  "export-not-understood": "systemd 不识别该文件中的 export",
  "overridden-later": "被后面的设置覆盖",
  "overridden-by-environment-file": "被 EnvironmentFile 中的值覆盖",
  "overridden-by-command": "启动命令自行设置了该值",
  "server-started-otherwise": "该服务并非由读取此设置的途径启动",
  "container-has-its-own": "容器使用自己的环境变量",
  "effective-unread": "无法读取进程的环境变量",
  "cannot-tell": "无法确定进程中的值来自何处",
};
