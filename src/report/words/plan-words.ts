import type { HostVerdict } from "../report.ts";
import type { OwnCommand } from "../own-command.ts";
import type {
  Expectation,
  GatewayRefusal,
  GatewayRemark,
  LeaveReason,
  ProxyRefusal,
  ProxyRemark,
  Refusal,
  Remark,
  StepKind,
} from "../../plan/plan.ts";
import type { ProxyKind } from "../../proxy/site.ts";

/** What a plan about a reverse proxy says, in one language. */
export interface ProxyPlanWords {
  summary(host: string, proxy: ProxyKind): string;
  nothingToDo(host: string, proxy: ProxyKind): string;
  /** Above the names of people who come into a file. */
  lets(path: string, mode: string | null): string;
  person(name: string): string;
  refusesStrangers(address: string, port: number): string;
  remark(remark: ProxyRemark): string;
  refusal(refusal: ProxyRefusal): { readonly sentence: string; readonly hint: string };
}

/** What a plan about Portlock's own gateway says, in one language. */
export interface GatewayPlanWords {
  summary(host: string): string;
  nothingToDo(host: string): string;
  remark(remark: GatewayRemark): string;
  refusal(refusal: GatewayRefusal): { readonly sentence: string; readonly hint: string };
}

/** What a plan says of itself, in one language. What came from the host is made printable. */
export interface PlanWords {
  /** Between things that are told in one line. */
  readonly separator: string;
  /** The first line: what the plan does to a host, and that nothing was done yet. `routes` null: not known. */
  summary(host: string, steps: number, routes: number | null): string;
  nothingToDo(host: string, verdict: HostVerdict): string;
  /** Behind the first line where facts are missing, which are named below. */
  readonly notWhole: string;
  /** Below facts that only root may read. */
  readonly asRoot: string;
  readonly proxy: ProxyPlanWords;
  readonly gateway: GatewayPlanWords;
  readonly steps: Readonly<Record<StepKind, (target: string) => string>>;
  readonly headings: Readonly<
    Record<"runs" | "checks" | "undo" | "mind" | "interrupts" | "closes" | "stays" | "missing", string>
  >;
  /** Above the lines of a file: that it comes, changes or goes. */
  newFile(path: string, mode: string): string;
  changedFile(path: string): string;
  removedFile(path: string): string;
  atLine(line: number): string;
  modeChange(path: string, from: string, to: string): string;
  readonly filesAsTheyAre: string;
  closes(who: string, entry: string): string;
  interruption(server: string, because: "restart" | "recreate", loadedModels: number | null): string;
  expectation(expectation: Expectation): string;
  remark(remark: Remark, own: OwnCommand): string;
  leave(why: LeaveReason, own: OwnCommand): string;
  /** Why no plan was made, and what to do. */
  refusal(refusal: Refusal, own: OwnCommand): { readonly sentence: string; readonly hint: string };
}
