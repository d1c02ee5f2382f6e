import { chat } from "./chat/index.ts";
import { git } from "./git/index.ts";
import { githubRest } from "./github-rest/index.ts";
import type { Protocol } from "./protocol.ts";

/** Every way of talking to an upstream that we know; the first that recognises a request reads it. */
export const protocols: readonly Protocol[] = [git, githubRest, chat];
