import type { UnitExposure } from "../apply-and-verify.ts";
import type { RuleId } from "../../judge/finding.ts";
import { toPrintable } from "../../report/printable.ts";

/** What `portlock harden` says while it works, in one language. */
export interface HardenWords {
  /** The question before anything is changed. */
  ask(host: string): string;
  /** Answers that mean yes, lower case. */
  readonly yes: readonly string[];
  readonly nothingChanged: string;
  /** `apply`: the command that applies it. */
  planWritten(file: string, apply: string): string;
  applying(step: number, steps: number): string;
  readonly verifying: string;
  /** A signal ended Portlock in the middle of it. `history`: the command that tells of changes. */
  interrupted(history: string): string;
  exposure(exposure: UnitExposure): string;
  /** What of weight is found all the same: the exit code is about it. */
  stillFound(rules: readonly RuleId[]): string;
  /** Everything was done and looked at again. `undo`: the command that takes it back. */
  applied(undo: string): string;
  /** Done, and taken back unless it is confirmed until then. */
  waiting(id: string, confirmBy: string, command: string): string;
  /** A step failed, or the host is not what the plan promised: everything is as it was. */
  takenBack(why: string): string;
  /** Something could not be taken back. */
  undoFailed(history: string, undo: string, why: string): string;
  /** What of the promise did not come true. */
  stillOpen(places: readonly string[]): string;
  readonly clientFails: string;
  readonly noReason: string;
}

export const HARDEN_EN: HardenWords = {
  ask: (host) => `Change ${toPrintable(host, 80)} like this? [y/N] `,
  yes: ["y", "yes"],
  nothingChanged: "Nothing was changed.",
  planWritten: (file, apply) => `Plan written to ${toPrintable(file, 120)}. Apply it with: ${apply}`,
  applying: (step, steps) => `step ${step} of ${steps} ...`,
  verifying: "looking again, and connecting from outside ...",
  interrupted: (history) =>
    `portlock: interrupted. The host itself takes back what was begun; \`${history}\` tells when that is done.`,
  exposure: ({ unit, before, after }) =>
    `systemd-analyze security gives ${toPrintable(unit, 80)} ${toScore(before)} before and ${toScore(after)} now (10 is worst).`,
  stillFound: (rules) => `Still found: ${rules.join(", ")}. See: portlock explain ${rules[0] ?? ""}`,
  applied: (undo) => `Done and looked at again. Take it back with: ${undo}`,
  waiting: (id, confirmBy, command) =>
    `Done and looked at again. Without a confirmation it is taken back at ${confirmBy} (change ${id}): open a second ` +
    `session to see that you still get in, then run: ${command}`,
  takenBack: (why) => `Everything was taken back, the host is as it was before: ${why}.`,
  undoFailed: (history, undo, why) =>
    `Something could not be taken back: ${why}. See \`${history}\`, mend the cause, then run \`${undo}\` again.`,
  stillOpen: (places) => `others still get in at ${places.join(", ")}`,
  clientFails: "the host's own programs get no answer any more",
  noReason: "a step failed",
};

export const HARDEN_ZH_CN: HardenWords = {
  ask: (host) => `按此更改 ${toPrintable(host, 80)} 吗？[y/N] `,
  yes: ["y", "yes", "是"],
  nothingChanged: "未作任何更改。",
  planWritten: (file, apply) => `计划已写入 ${toPrintable(file, 120)}。执行：${apply}`,
  applying: (step, steps) => `第 ${step} 步，共 ${steps} 步……`,
  verifying: "正在重新检查，并从外部连接……",
  interrupted: (history) => `portlock: 已中断。主机会自行撤销已开始的更改；\`${history}\` 会说明何时完成。`,
  exposure: ({ unit, before, after }) =>
    `systemd-analyze security 对 ${toPrintable(unit, 80)} 的评分：更改前 ${toScore(before)}，现在 ${toScore(after)}（10 为最差）。`,
  stillFound: (rules) => `仍有问题：${rules.join("、")}。详见：portlock explain ${rules[0] ?? ""}`,
  applied: (undo) => `已完成并重新检查。撤销：${undo}`,
  waiting: (id, confirmBy, command) =>
    `已完成并重新检查。若不确认，将在 ${confirmBy} 自动撤销（更改 ${id}）：请另开一个会话，确认仍能登录，然后执行：${command}`,
  takenBack: (why) => `已全部撤销，主机恢复原状：${why}。`,
  undoFailed: (history, undo, why) => `有内容未能撤销：${why}。请查看 \`${history}\`，排除原因后再次执行 \`${undo}\`。`,
  stillOpen: (places) => `他人仍可经由 ${places.join("、")} 进入`,
  clientFails: "本机自己的程序得不到应答",
  noReason: "有一步失败",
};

function toScore(score: number | null): string {
  return score === null ? "?" : score.toFixed(1);
}
