/** Loaded before a measured program: leaves its peak resident memory in kilobytes in a file when it ends. */
import { writeFileSync } from "node:fs";

const file = process.env["PORTLOCK_BENCH_MEMORY"];
if (file !== undefined) process.on("exit", () => writeFileSync(file, String(process.resourceUsage().maxRSS)));
