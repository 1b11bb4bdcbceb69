import type { ChangeTroubles } from "../../apply/change-error.ts";
import type { OwnCommand } from "../../report/own-command.ts";
import { toPrintable } from "../../report/printable.ts";
import type { ChangeCommandName, ChangeTroubleWords, CommandHelp } from "./words.ts";

/** 与已做更改有关的命令的帮助。 */
export const CHANGE_HELP_ZH_CN: Readonly<Record<ChangeCommandName, CommandHelp>> = {
  undo: {
    brief: "撤销 Portlock 对主机所做的更改",
    description:
      "恢复文件原来的内容、所有者和权限，以及服务和规则原来的状态。中断的更改也用同样的方式撤销。需要 root。" +
      "退出码 0：全部恢复原样；1：有内容未能恢复。",
    examples: [
      ["", "最近一次仍生效的更改"],
      ["20261128T060102Z-3f9a --host ssh://root@gpu-1", "另一台主机上的某一次更改"],
    ],
  },
  history: {
    brief: "列出 Portlock 对主机做过的更改及其状态",
    description: "读取主机上的日志，从最早的更改开始。需要 root，不做任何改动。",
    examples: [
      ["", "本机"],
      ["--host ssh://root@gpu-1 --json", "另一台主机，以 JSON 输出计划和日志"],
    ],
  },
  confirm: {
    brief: "保留一项否则会自动撤销的更改",
    description:
      "用 --confirm-within 所做的更改，如无人按时确认便会自动撤销。请从新的连接确认：要证明的正是你仍能登录。",
    examples: [["--host ssh://root@gpu-1", "那台主机上正在等待确认的更改"]],
  },
};

export const CHANGE_TROUBLES_ZH_CN: ChangeTroubleWords = {
  "not-root": () => ({
    sentence: "只有 root 才能查看和更改这台主机。",
    hint: "请用 sudo 运行，或以 root 登录：--host ssh://root@主机",
  }),
  "state-folder-unsafe": ({ path }) => ({
    sentence: `${show(path)} 不是只有 root 才能写入的目录。`,
    hint: `请查看它由谁创建：ls -ld ${show(path)}。其中的内容可能出自任何人，请把它移走。`,
  }),
  "state-unreadable": ({ path, detail }) => ({
    sentence: `无法读取 ${show(path)}（${show(detail)}）。`,
    hint: "请检查该目录及其所在的磁盘。",
  }),
  "change-at-work": ({ change }, own) => ({
    sentence:
      change === null
        ? "有人正在更改这台主机，或正在撤销某项更改。"
        : `有人正在操作这台主机：更改 ${change.id}，始于 ${show(change.begunAt)}。`,
    hint: `请等它结束；\`${own("history")}\` 会说明是哪一项。`,
  }),
  "change-unfinished": (data, own) => ({
    sentence: `先前的更改尚未结束：${data.id}（${STATES[data.state]}）。`,
    hint: toNext(data, own),
  }),
  "change-not-begun": ({ detail }) => ({
    sentence: `更改没有开始，未触及任何内容：${show(detail)}。`,
    hint: "请处理后重试。",
  }),
  "change-cut-off": ({ id, detail }, own) => ({
    sentence: `更改 ${id} 进行到一半时，主机不再应答（${show(detail)}）。`,
    hint: `除非更改当时已经完成，主机会自行撤销它；能再次连接后，\`${own("history")}\` 会说明结果。`,
  }),
  "no-such-change": ({ id }, own) => ({
    sentence: `这台主机上没有更改 ${show(id)}。`,
    hint: `\`${own("history")}\` 会列出全部更改。`,
  }),
  "nothing-to-undo": (_, own) => ({
    sentence: "这台主机上没有仍生效的更改。",
    hint: `\`${own("history")}\` 会列出做过的更改。`,
  }),
  "nothing-to-confirm": ({ id }, own) => ({
    sentence: id === null ? "这台主机上没有等待确认的更改。" : `更改 ${show(id)} 并不等待确认。`,
    hint: `\`${own("history")}\` 会说明每项更改的状态；未按时确认的更改已经撤销。`,
  }),
  "later-change-first": ({ id, later }, own) => ({
    sentence: `不能单独撤销更改 ${id}：其后的更改 ${later} 涉及同样的内容。`,
    hint: `请先运行：${own("undo", later)}`,
  }),
};

const STATES: Readonly<Record<ChangeTroubles["change-unfinished"]["state"], string>> = {
  applying: "进行中，或已中断",
  waiting: "等待确认",
  applied: "已生效",
  undoing: "撤销中，或已中断",
  undone: "已撤销",
  "undo-failed": "未能完全撤销",
  damaged: "已损坏",
};

function toNext({ id, state }: ChangeTroubles["change-unfinished"], own: OwnCommand): string {
  if (state === "waiting") return `用 \`${own("confirm", id)}\` 保留它，或用 \`${own("undo", id)}\` 撤销它。`;
  if (state === "damaged")
    return `请查看 /var/lib/portlock/${id}；要撤销，请运行：sh /var/lib/portlock/${id}/undo.sh undo`;
  return `有人正在操作时请等待；若已中断，几分钟内会自动撤销，否则请运行：${own("undo", id)}`;
}

function show(text: string): string {
  return toPrintable(text, 300);
}
