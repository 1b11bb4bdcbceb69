import type { GatewayRefusal, GatewayRemark } from "../../plan/plan.ts";
import { toPrintable } from "../printable.ts";
import type { GatewayPlanWords } from "./plan-words.ts";

/** 关于 Portlock 网关的计划所用的简体中文文字。 */
export const GATEWAY_PLAN_ZH_CN: GatewayPlanWords = {
  summary: (host) => `${host} 上 Portlock 网关的计划。尚未做任何更改。`,
  nothingToDo: (host) => `${host} 无需更改：网关已按要求运行。`,
  remark: toRemarkText,
  refusal: toRefusalText,
};

function toRemarkText(remark: GatewayRemark): string {
  switch (remark.code) {
    case "no-key-yet":
      return "目前还没有密钥，任何人都无法访问。请先创建：portlock keys create 名称";
    case "makes-own-certificate":
      return (
        "网关自行生成的证书没有机构担保：客户端会拒绝它，除非把数据目录中的 tls-cert.pem 交给客户端信任。" +
        "不要关闭客户端的证书检查，否则途中的任何人都能读到密钥。"
      );
    case "certificate-at-restart":
      return "证书更新后，执行 `systemctl restart portlock-gateway` 才会生效；重启会等进行中的回答结束。";
    case "firewall-untouched":
      return `不会更改防火墙：如果端口 ${remark.port} 前有防火墙，请放行需要访问的人。`;
    case "keys-stay-after-undo":
      return `撤销只移除服务；${show(remark.folder)} 中的密钥、用量和审计日志会保留。`;
  }
}

function toRefusalText(refusal: GatewayRefusal): { readonly sentence: string; readonly hint: string } {
  switch (refusal.code) {
    case "word-not-plain":
      return {
        sentence: `“${show(refusal.text)}”不能写进服务的 unit 文件。`,
        hint: "请使用不含空格、引号和美元符号的路径与位置。",
      };
    case "gateway-port-held":
      return {
        sentence: `端口 ${refusal.port} 已被 ${show(refusal.by)} 占用。`,
        hint: "请用 --listen 另选端口，或停止占用它的程序。",
      };
  }
}

function show(text: string): string {
  return toPrintable(text, 200);
}
