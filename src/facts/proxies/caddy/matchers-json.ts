import { isRecord } from "../../container-settings-json.ts";
import type { Condition } from "./model.ts";
import {
  toExpressionCondition,
  toHeaderAbsence,
  toHeaderCondition,
  toHeaderPatternCondition,
  toPaths,
  toSources,
} from "./names.ts";

export type MatcherJson = Readonly<Record<string, unknown>>;

const DEEPEST = 8;

/** The conditions of one matcher set; all of them must hold. */
export function toConditions(set: MatcherJson, depth: number): readonly Condition[] {
  return Object.entries(set).flatMap(([name, value]) => toCondition(name, value, depth));
}

function toCondition(name: string, value: unknown, depth: number): readonly Condition[] {
  switch (name) {
    case "path":
      return [{ kind: "paths", paths: toTexts(value).map(toPaths) }];
    case "path_regexp": {
      const pattern = isRecord(value) ? toText(value["pattern"]) : "";
      return [{ kind: "paths", paths: [{ kind: "pattern", text: pattern }] }];
    }
    case "method":
      return [{ kind: "methods", methods: toTexts(value) }];
    case "host":
      return [{ kind: "hosts", names: toTexts(value) }];
    case "header":
      return toEntries(value).map(([field, values]) =>
        values === null ? toHeaderAbsence(field) : toHeaderCondition(field, toTexts(values)),
      );
    case "header_regexp":
      return toEntries(value).map(([field, pattern]) =>
        toHeaderPatternCondition(field, isRecord(pattern) ? toText(pattern["pattern"]) : ""),
      );
    case "query":
      return toEntries(value).map(([field, values]) => toHeaderCondition(field, toTexts(values)));
    case "remote_ip":
    case "client_ip":
      return [{ kind: "shows", protection: toSources(toRanges(value)) }];
    case "expression":
      return [toExpressionCondition(isRecord(value) ? toText(value["expr"]) : toText(value))];
    case "not":
      return toNot(value, depth);
    case "protocol":
      return [];
    default:
      return [{ kind: "unclear", text: name }];
  }
}

function toRanges(value: unknown): readonly string[] {
  if (!isRecord(value)) return [];
  return [...(value["forwarded"] === true ? ["forwarded"] : []), ...toTexts(value["ranges"])];
}

function toNot(value: unknown, depth: number): readonly Condition[] {
  const sets = Array.isArray(value) ? value.filter(isRecord) : [];
  if (depth > DEEPEST) return [{ kind: "unclear", text: "not" }];
  return [{ kind: "not", sets: sets.map((set) => toConditions(set, depth + 1)) }];
}

function toEntries(value: unknown): readonly (readonly [string, unknown])[] {
  return isRecord(value) ? Object.entries(value) : [];
}

/** The texts in a list; none where it is no list. */
export function toTexts(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((each) => typeof each === "string") : [];
}

/** A text, or an empty one. */
export function toText(value: unknown): string {
  return typeof value === "string" ? value : "";
}
