import { defineConfig } from "oxlint";
import { IMPURE_GLOBALS, PURE, WALLS } from "./lint/walls.ts";

const rooms = [...new Set(WALLS.map((wall) => wall.room))];

export default defineConfig({
  plugins: ["eslint", "typescript", "import", "node", "oxc", "unicorn"],
  categories: { correctness: "error", suspicious: "error" },
  ignorePatterns: ["dist", "node_modules", "runtime"],
  rules: {
    "typescript/no-explicit-any": "error",
    "typescript/no-non-null-assertion": "error",
    "typescript/no-unsafe-type-assertion": "error",
    "typescript/no-floating-promises": "error",
    "typescript/no-misused-promises": "error",
    "typescript/switch-exhaustiveness-check": "error",
    "typescript/consistent-type-imports": "error",
    "import/no-cycle": "error",
    "import/no-default-export": "error",
    "eslint/no-console": "error",
    "eslint/eqeqeq": "error",
    "eslint/no-eval": "error",
    "unicorn/no-process-exit": "error",
    // Hostile text is matched for control characters on purpose.
    "eslint/no-control-regex": "off",
    // Requests to many hosts and files are bounded by hand where order matters.
    "eslint/no-await-in-loop": "off",
    "eslint/no-shadow": "off",
    "unicorn/consistent-function-scoping": "off",
    // Reports a switch that returns in every case; the compiler's noImplicitReturns sees that it is exhaustive.
    "typescript/consistent-return": "off",
  },
  overrides: [
    ...rooms.map((room) => ({
      files: [`src/${room}/**`],
      rules: {
        "eslint/no-restricted-imports": [
          "error",
          {
            patterns: WALLS.filter((wall) => wall.room === room).map((wall) => ({
              regex: wall.forbids,
              message: wall.reason,
              allowTypeImports: wall.typesMayPass ?? false,
            })),
          },
        ] as const,
      },
    })),
    ...PURE.map((room) => ({
      files: [`src/${room}/**`],
      rules: {
        "eslint/no-restricted-globals": ["error", ...IMPURE_GLOBALS] as const,
        "eslint/no-restricted-properties": [
          "error",
          { object: "Date", property: "now", message: "time is handed in" },
          { object: "Math", property: "random", message: "the same facts must give the same report" },
        ] as const,
      },
    })),
    {
      // Tests stand outside the rooms: they open real doors and hold them against each other.
      files: ["**/*.test.ts", "src/apply/testing/**"],
      rules: {
        "eslint/no-restricted-imports": "off",
        "eslint/no-restricted-globals": "off",
        "eslint/no-restricted-properties": "off",
        // node:test hands promises to its own runner.
        "typescript/no-floating-promises": "off",
      },
    },
    { files: ["src/main.ts", "scripts/**", "lab/**", "bench/**"], rules: { "eslint/no-console": "off" } },
    { files: ["*.config.ts"], rules: { "import/no-default-export": "off" } },
  ],
});
