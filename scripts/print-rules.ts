/**
 * Prints docs/rules.md and docs/rules.zh-CN.md from the words of the rules.
 *
 *   sh scripts/node.sh scripts/print-rules.ts
 */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { formatRulesPage } from "../src/report/rules-page.ts";
import { EN } from "../src/report/words/en.ts";
import { ZH_CN } from "../src/report/words/zh-CN.ts";

const docs = join(import.meta.dirname, "../docs");
writeFileSync(join(docs, "rules.md"), formatRulesPage(EN));
writeFileSync(join(docs, "rules.zh-CN.md"), formatRulesPage(ZH_CN));
