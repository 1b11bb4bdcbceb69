import assert from "node:assert/strict";
import { test } from "node:test";
import { isLeftover, toPrefix, toRunPrefix } from "./names.ts";

test("what a living process made is no leftover", () => {
  assert.equal(isLeftover(`${toRunPrefix()}1-host`), false);
});

test("what an ended process made is a leftover, even where its pid is in use again", () => {
  const prefix = `pl-${process.pid}-1-`;
  assert.equal(isLeftover(`${prefix}1-host`), true);
  assert.equal(toPrefix(`${prefix}1-host`), prefix);
});

test("names that are not the lab's are nobody's leftovers", () => {
  for (const name of ["", "default", "pl-", "pl-host", "pl-1", "cni-1234", "pl-x-1-host", "apl-1-1-host"]) {
    assert.equal(isLeftover(name), false, name);
    assert.equal(toPrefix(name), null, name);
  }
});
