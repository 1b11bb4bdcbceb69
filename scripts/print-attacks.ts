/**
 * Prints docs/gateway-attacks.md and docs/gateway-attacks.zh-CN.md from the table of the attacks.
 *
 *   sh scripts/node.sh scripts/print-attacks.ts
 */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { formatAttackPage } from "../src/gateway/attacks/attack-page.ts";
import { ATTACKS_EN } from "../src/gateway/attacks/words-en.ts";
import { ATTACKS_ZH_CN } from "../src/gateway/attacks/words-zh-CN.ts";

const docs = join(import.meta.dirname, "../docs");
writeFileSync(join(docs, "gateway-attacks.md"), formatAttackPage(ATTACKS_EN));
writeFileSync(join(docs, "gateway-attacks.zh-CN.md"), formatAttackPage(ATTACKS_ZH_CN));
