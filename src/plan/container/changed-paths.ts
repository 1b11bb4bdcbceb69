import type { InspectedContainer } from "../../facts/container-inspection.ts";

/** What is written anew at each start, or that nobody expects to find again after one. */
const FLEETING: RegExp = /^\/(?:tmp|run|var\/run|var\/tmp|dev|proc|sys)(?:\/|$)|\/__pycache__(?:\/|$)/;
/** Empty files and folders over which an engine lays what is the host's. */
const MADE_BY_ENGINE: RegExp =
  /^\/(?:etc|etc\/(?:hosts|hostname|resolv\.conf|mtab|ld\.so\.cache)|sbin\/docker-init|\.dockerenv)$/;
/** Places over which the NVIDIA runtime lays the driver of the host. */
const DRIVER: RegExp =
  /\/(?:nvidia|lib(?:nvidia|cuda|cudadebugger|nvcuvid|nvoptix|EGL|GLES|GLX|OpenCL|OpenGL|vdpau)[^/]*)[^/]*$|^\/(?:lib|usr\/lib)\/firmware\/nvidia(?:\/|$)/;
const MOST_SHOWN = 10;

/**
 * Paths in a container's own layer that a new one of the same image would not have: written by its programs, and in no
 * volume. At most a few of them, as examples; empty where nothing would be lost.
 */
export function findOwnData({ changed, mounts, host }: InspectedContainer): readonly string[] {
  const places = [...mounts.map(({ destination }) => destination), ...Object.keys(host.settings.Tmpfs ?? {})];
  const hasDriver = host.settings.DeviceRequests !== undefined || host.settings.Runtime === "nvidia";
  const kept = changed.filter(
    (path) =>
      !FLEETING.test(path) &&
      !MADE_BY_ENGINE.test(path) &&
      !(hasDriver && DRIVER.test(path)) &&
      !places.some((place) => path === place || path.startsWith(`${place}/`)),
  );
  // A folder changes when something in it does: it is that which counts.
  const data = kept.filter((path) => !changed.some((other) => other.startsWith(`${path}/`)));
  return data.slice(0, MOST_SHOWN);
}
