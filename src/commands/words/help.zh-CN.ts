import { CHANGE_HELP_ZH_CN } from "./changes.zh-CN.ts";
import type { CommandHelp, CommandName } from "./words.ts";

/** Help of every command. */
export const HELP_ZH_CN: Readonly<Record<CommandName, CommandHelp>> = {
  audit: {
    brief: "检查谁能访问主机上的模型服务，以及被什么拦截",
    description:
      "读取主机，逐个说明模型服务谁能访问、经由哪条路径、被什么拦截、该怎么做。未指定 --host 或 --from 时检查本机。" +
      "以 root 运行才能看全；未能读取的内容会列出，绝不当作安全。",
    examples: [
      ["", "检查本机"],
      ["--host ssh://root@gpu-1 --host ssh://root@gpu-2", "通过本机的 OpenSSH 检查两台主机，对方无需安装任何东西"],
      ["--from gpu-1.json", "检查 `portlock record` 生成的记录文件，无需 root，也不限于 Linux"],
      ["--json --fail-on medium", "输出供程序读取的 JSON；中危及以上时退出码为 1"],
    ],
  },
  harden: {
    brief: "关闭敞开的服务器：先给出计划，征得同意，再更改、验证，并可撤销",
    description:
      "检查主机，展示将要更改的内容以及每一步如何撤销，询问后执行，然后重新检查并从外部连接验证。" +
      "除非另有要求，服务会通过一个升级后仍然有效的 drop-in 文件绑定到 127.0.0.1。" +
      "`portlock undo` 会逐字节撤销全部更改。除 --dry-run 外需要 root。",
    examples: [
      ["--dry-run", "只展示将要做什么"],
      ["", "本机，先询问"],
      ["--yes --json", "用于脚本：不询问，输出一个 JSON 文档"],
      ["--firewall auto --allow 10.0.0.0/24", "在当前管理的防火墙中关闭端口，只放行一个网络"],
      ["--host ssh://root@gpu-1 --confirm-within 90s", "另一台主机；未及时确认则自动撤销"],
      ["--plan plan.json", "写出计划，供同事审阅，再用 --apply plan.json 执行"],
    ],
  },
  record: {
    brief: "把主机信息保存到文件，供以后或在别处判断",
    description:
      "与 `audit` 一样读取主机，并写入只有你能读取的文件。读取时即丢弃机密：环境变量只保留模型服务的设置项。",
    examples: [
      ["-o gpu-1.json", "记录本机"],
      ["-o gpu-1.json --host ssh://root@gpu-1", "记录另一台主机"],
      ["-o - | ssh security@desk portlock audit --from -", "写到标准输出，在别处判断"],
    ],
  },
  probe: {
    brief: "从当前位置，以陌生人的视角查看一个服务",
    description:
      "用 GET 请求查看某个地址是否为模型服务、是哪一种、是否向陌生人开放。只发少量小请求，不跟随重定向，只访问你指定的主机。" +
      "未写端口时使用 11434。",
    examples: [
      ["gpu-1", "gpu-1 的 11434 端口"],
      ["http://192.0.2.10:8000 [2001:db8::10]:11434", "两个地址"],
      ["https://ollama.example.com --json", "代理后面的服务，输出 JSON"],
    ],
  },
  trace: {
    brief: "逐条规则跟踪一个数据包穿过防火墙的过程",
    description:
      "说明主机的包过滤器如何处理一个新连接的首个数据包：经过哪些链、匹配哪些规则、被送往何处、由谁拦截，以及到达处由谁监听。" +
      "退出码 0：被拦截；1：放行；2：未知。",
    examples: [
      ["--from 203.0.113.9 --to 11434", "陌生人访问本机自己的地址"],
      ["--from 192.168.1.7 --to 10.0.0.5:11434 --in eth1", "同网段主机从另一个接口进入"],
      ["--from 2001:db8::9 --to [2001:db8::5]:11434 --recording gpu-1.json", "使用记录文件中的规则"],
    ],
  },
  verify: {
    brief: "用新连接证实哪些已关闭，并说明能否保持",
    description:
      "重新判断一台主机，然后用新连接测试其模型服务的每个地址和端口：从本机，以及（以 root 运行时）从各自独立的网络命名空间中的" +
      "同网段主机和路由而来的外部主机，测试后即消失。可用 --vantage 指定其他主机。还会说明哪些连接在变更后仍然存在，" +
      "重启服务、重启主机或升级后能否保持关闭，以及哪些未经测试。与预期不符的连接使退出码为 1，不论 --fail-on 如何。",
    examples: [
      ["", "本机，从旁边测试"],
      ["--host ssh://root@gpu-1 --vantage namespace --vantage ssh://me@desk", "另一台主机，并从第三台主机测试"],
      ["--vantage urls", "列出外部同事可运行的命令"],
      ["--credential-file alice --ask-model llama3.2:3b", "portlock proxy 所建站点放行哪些内容，流式应答如何通过"],
      ["--credential-file admin --try-upload 2GiB", "能否经这些站点上传模型"],
      ["--rehearse --report evidence.md", "重启服务后再次测试，并写出供工单使用的验证记录"],
    ],
  },
  explain: {
    brief: "解释规则：检查什么、有什么影响、如何修复",
    description: "不带参数时列出全部规则。",
    examples: [
      ["", "每条规则一行"],
      ["open-bind", "一条规则的完整说明"],
    ],
  },
  ...CHANGE_HELP_ZH_CN,
  demo: {
    brief: "用外界无法访问的替身服务演示一遍（约 30 秒）",
    description:
      "在一次性的网络命名空间里启动一个替身 Ollama：先检查出暴露，改绑地址后再检查一次，前后都从另一个命名空间真实连接验证。" +
      "不会在你自己的网络上监听任何端口。",
    examples: [["", "运行演示"]],
  },
  completion: {
    brief: "输出 shell 补全脚本",
    description: "输出 bash 或 zsh 的补全脚本，在 shell 启动文件中加载即可。",
    examples: [
      ["bash | install -D -m 644 /dev/stdin ~/.local/share/bash-completion/completions/portlock", "用于 bash"],
      ["zsh | install -D -m 644 /dev/stdin ~/.zsh/completions/_portlock", "用于 zsh，目录须在 fpath 中"],
    ],
  },
};
