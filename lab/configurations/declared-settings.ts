import { OLLAMA_OVERRIDE_PATH, OLLAMA_UNIT_PATH } from "../ollama.ts";
import { type Configuration, listenOn } from "./configuration.ts";

const DROP_INS = "/etc/systemd/system/ollama.service.d";

/** Ways in which what a file says is not what the server has. */
export const DECLARED_SETTINGS: readonly Configuration[] = [
  {
    id: "etc-environment",
    what: "closed in /etc/environment, opened by the unit: services never read that file",
    host: { systemd: true },
    async set(host) {
      await host.write("/etc/environment", "OLLAMA_HOST=127.0.0.1:11434\n");
      await host.installOllama({ override: [listenOn("0.0.0.0")] });
    },
    verdict: "exposed",
    findings: ["open-bind", "setting-without-effect"],
  },
  {
    id: "exported-in-shell",
    what: "exported in root's .bashrc and the service restarted: the service never sees it",
    host: { systemd: true },
    async set(host) {
      await host.write("/root/.bashrc", "export OLLAMA_HOST=127.0.0.1:11434\n");
      await host.installOllama({ override: [listenOn("0.0.0.0:11434")] });
    },
    verdict: "exposed",
    findings: ["open-bind", "setting-without-effect"],
  },
  {
    id: "environment-d",
    what: "closed in environment.d, which only user services read",
    host: { systemd: true },
    async set(host) {
      await host.write("/etc/environment.d/50-ollama.conf", "OLLAMA_HOST=127.0.0.1:11434\n");
      await host.installOllama({ override: [listenOn("0.0.0.0:11434")] });
    },
    verdict: "exposed",
    findings: ["open-bind", "setting-without-effect"],
  },
  {
    id: "defaults-file-unnamed",
    what: "closed in /etc/default/ollama, which no unit names",
    host: { systemd: true },
    async set(host) {
      await host.write("/etc/default/ollama", "OLLAMA_HOST=127.0.0.1:11434\n");
      await host.installOllama({ override: [listenOn("0.0.0.0:11434")] });
    },
    verdict: "exposed",
    findings: ["open-bind", "setting-without-effect"],
  },
  {
    id: "environment-file-wins",
    what: "closed by Environment=, opened by the EnvironmentFile= that beats it",
    host: { systemd: true },
    async set(host) {
      await host.write("/etc/default/ollama", "OLLAMA_HOST=0.0.0.0:11434\n");
      await host.installOllama({ override: [listenOn("127.0.0.1:11434"), "EnvironmentFile=/etc/default/ollama"] });
    },
    verdict: "exposed",
    findings: ["open-bind", "setting-without-effect"],
  },
  {
    id: "daemon-reload-missing",
    what: "closed in the drop-in and restarted, without daemon-reload",
    host: { systemd: true },
    async set(host) {
      await host.installOllama({ override: [listenOn("0.0.0.0")] });
      await host.write(OLLAMA_OVERRIDE_PATH, `[Service]\n${listenOn("127.0.0.1:11434")}\n`);
      await host.systemd("restart", "ollama");
      await host.waitForPort(11434);
    },
    verdict: "exposed",
    findings: ["open-bind", "daemon-reload-missing"],
  },
  {
    id: "restart-missing",
    what: "closed in the drop-in and reloaded, without a restart",
    host: { systemd: true },
    async set(host) {
      await host.installOllama({ override: [listenOn("0.0.0.0")] });
      await host.write(OLLAMA_OVERRIDE_PATH, `[Service]\n${listenOn("127.0.0.1:11434")}\n`);
      await host.systemd("daemon-reload");
    },
    verdict: "exposed",
    findings: ["open-bind", "restart-missing"],
  },
  {
    id: "outside-service-section",
    what: "written under [Unit] by `systemctl edit`",
    host: { systemd: true },
    async set(host) {
      await host.write(`${DROP_INS}/10-close.conf`, `[Unit]\n${listenOn("127.0.0.1:11434")}\n`);
      await host.installOllama({ override: [listenOn("0.0.0.0")] });
    },
    verdict: "exposed",
    findings: ["open-bind", "setting-without-effect"],
  },
  {
    id: "curly-quotes",
    what: "pasted from a blog with curly quotes",
    host: { systemd: true },
    async set(host) {
      await host.write(`${DROP_INS}/zz-close.conf`, "[Service]\nEnvironment=“OLLAMA_HOST=127.0.0.1:11434”\n");
      await host.installOllama({ override: [listenOn("0.0.0.0")] });
    },
    verdict: "exposed",
    findings: ["open-bind", "setting-without-effect"],
  },
  {
    id: "comment-applied",
    what: "the old value kept as a comment behind the new one, and applied",
    host: { systemd: true },
    set: (host) => host.installOllama({ override: [`${listenOn("127.0.0.1:11434")} # was OLLAMA_HOST=0.0.0.0`] }),
    verdict: "exposed",
    findings: ["open-bind", "comment-applied-as-setting"],
  },
  {
    id: "later-drop-in-wins",
    what: "closed in override.conf, opened again by a drop-in that sorts later",
    host: { systemd: true },
    async set(host) {
      await host.write(`${DROP_INS}/zz-lan.conf`, `[Service]\n${listenOn("0.0.0.0")}\n`);
      await host.installOllama({ override: [listenOn("127.0.0.1:11434")] });
    },
    verdict: "exposed",
    findings: ["open-bind", "setting-without-effect"],
  },
  {
    id: "main-unit-edited",
    what: "closed in the unit itself, which the next upgrade writes anew",
    host: { systemd: true },
    set: (host) => host.installOllama({ mainUnit: [listenOn("127.0.0.1:11434")] }),
    verdict: "local",
    findings: ["setting-in-overwritten-unit"],
  },
  {
    id: "second-server-by-hand",
    what: "the service is closed; somebody runs a second server in a terminal",
    host: { systemd: true },
    async set(host) {
      await host.installOllama();
      await host.spawn(["/usr/local/bin/ollama", "serve"], {
        user: "nobody",
        env: { OLLAMA_HOST: "0.0.0.0:11435", HOME: "/tmp" },
      });
      await host.waitForPort(11435);
    },
    verdict: "exposed",
    findings: ["open-bind", "second-server"],
  },
  {
    id: "drop-in-removed",
    what: "the drop-in deleted, nothing reloaded: the open server runs on",
    host: { systemd: true },
    async set(host) {
      await host.installOllama({ override: [listenOn("0.0.0.0")] });
      await host.run(["rm", OLLAMA_OVERRIDE_PATH]);
    },
    verdict: "exposed",
    findings: ["open-bind", "daemon-reload-missing"],
  },
  {
    id: "reinstalled-over-an-edit",
    what: "closed in the unit itself, then upgraded: the installer has written the unit anew",
    host: { systemd: true },
    async set(host) {
      await host.installOllama({ mainUnit: [listenOn("0.0.0.0")] });
      await host.run(["sed", "-i", "/OLLAMA_HOST/d", OLLAMA_UNIT_PATH]);
      await host.systemd("daemon-reload");
      await host.systemd("restart", "ollama");
      await host.waitForPort(11434);
    },
    verdict: "local",
    findings: [],
  },
];
