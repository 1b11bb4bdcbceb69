/**
 * Prints docs/proxy-attacks.md and docs/proxy-attacks.zh-CN.md: attacks every configuration anew and says what got
 * through. Needs nginx, Caddy and HAProxy.
 *
 *   sh scripts/node.sh scripts/print-proxy-attacks.ts
 */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { attackAll } from "../test/proxy-attacks/attack-all.ts";
import { formatPage } from "../test/proxy-attacks/page.ts";

const docs = join(import.meta.dirname, "../docs");
const { generated, copied } = await attackAll();
writeFileSync(join(docs, "proxy-attacks.md"), formatPage(generated, copied, "en"));
writeFileSync(join(docs, "proxy-attacks.zh-CN.md"), formatPage(generated, copied, "zh"));
