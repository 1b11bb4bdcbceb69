import type { JournalWords } from "./journal-words.ts";

export const JOURNAL_ZH_CN: JournalWords = {
  nothing: "Portlock 没有更改过这台主机。",
  headings: { id: "更改", begunAt: "开始时间", state: "状态", changed: "更改内容" },
  states: {
    applying: "进行中，或已中断",
    waiting: "等待确认",
    applied: "已生效",
    undoing: "撤销中，或已中断",
    undone: "已撤销",
    "undo-failed": "未能完全撤销",
  },
  outcome: (state, id, confirmBy) => {
    switch (state) {
      case "applying":
        return `更改 ${id} 正在进行，或已中断。若已无人在执行，请运行：`;
      case "waiting":
        return `更改 ${id} 已生效，正在等待确认${confirmBy === null ? "" : `（截止 ${confirmBy}）`}；逾期将全部撤销。要保留它，请运行：`;
      case "applied":
        return `更改 ${id} 已生效。要撤销，请运行：`;
      case "undoing":
        return `更改 ${id} 正在撤销，或撤销已中断。若已无人在执行，请运行：`;
      case "undone":
        return `更改 ${id} 已撤销：它涉及的内容都已恢复原样。`;
      case "undo-failed":
        return `更改 ${id} 未能完全撤销：下列内容没有恢复原样。处理好之后请重试：`;
    }
  },
  events: {
    begun: "开始",
    armed: "监护进程已就位",
    "step-begun": "开始",
    "step-done": "完成",
    "step-failed": "失败",
    verified: "已重新检查：与计划一致",
    "not-verified": "已重新检查：与计划不符",
    waiting: "等待确认",
    confirmed: "已确认",
    applied: "已应用",
    "undo-begun": "开始撤销",
    "step-undone": "已撤销",
    "undo-step-failed": "未能完全撤销",
    undone: "已撤销",
    "undo-failed": "未能完全撤销",
  },
  ofStep: (event, step) => `第 ${step} 步：${event}`,
  stepFailed: (step, detail) => `${step === null ? "失败" : `第 ${step} 步失败`}：${detail}`,
  undoFailed: (step, detail) => `${step === null ? "未能撤销" : `第 ${step} 步未能完全撤销`}：${detail}`,
  damaged: (id, part) =>
    `无法说明更改 ${id}：它的${PARTS[part]}已损坏。或许仍可撤销，请运行：sh /var/lib/portlock/${id}/undo.sh undo`,
};

const PARTS = { state: "状态", plan: "计划", journal: "日志" } as const;
