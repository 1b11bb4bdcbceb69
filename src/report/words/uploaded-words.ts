import type { UploadedSite } from "../../verify/proofs.ts";

/** What is said of an upload through a site that was broken off before its last byte, in one language. */
export interface UploadedWords {
  passes(uploaded: UploadedSite): string;
  heldBack(uploaded: UploadedSite): string;
  unlearned(uploaded: UploadedSite, because: string): string;
  /** Whether the memory of the site's programs stayed as it was. */
  memory(uploaded: UploadedSite): string;
  memoryUnlearned(because: string): string;
}

const toSize = (bytes: number): string =>
  bytes >= 2 ** 30 ? `${Math.round((bytes / 2 ** 30) * 10) / 10} GiB` : `${Math.round(bytes / 2 ** 20)} MiB`;

export const UPLOADED_EN: UploadedWords = {
  passes: ({ bytes, seconds }) =>
    `an upload of ${toSize(bytes)} reached the server in ${seconds} s while it was still being sent, and was broken off before its last byte: nothing of it stays`,
  heldBack: ({ bytes }) =>
    `NOT AS EXPECTED: an upload of ${toSize(bytes)} is refused for its size, or held back until it is whole`,
  unlearned: ({ bytes }, because) => `whether an upload of ${toSize(bytes)} passes is not known: ${because}`,
  memory: ({ grownMiB, inConstantMemory }) =>
    inConstantMemory.holds === true
      ? `it passed in constant memory: the proxy grew by ${grownMiB} MiB`
      : `NOT AS EXPECTED: the proxy grew by ${grownMiB} MiB while it passed`,
  memoryUnlearned: (because) => `whether it passes in constant memory is not known: ${because}`,
};

export const UPLOADED_ZH_CN: UploadedWords = {
  passes: ({ bytes, seconds }) =>
    `${toSize(bytes)} 的上传边发送边到达服务，用时 ${seconds} 秒，并在最后一个字节之前中断：不留下任何内容`,
  heldBack: ({ bytes }) => `与预期不符：${toSize(bytes)} 的上传因大小被拒，或被缓冲到完整后才转发`,
  unlearned: ({ bytes }, because) => `${toSize(bytes)} 的上传能否通过，尚不清楚：${because}`,
  memory: ({ grownMiB, inConstantMemory }) =>
    inConstantMemory.holds === true
      ? `以恒定内存通过：代理增加了 ${grownMiB} MiB`
      : `与预期不符：通过时代理增加了 ${grownMiB} MiB 内存`,
  memoryUnlearned: (because) => `是否以恒定内存通过，尚不清楚：${because}`,
};
