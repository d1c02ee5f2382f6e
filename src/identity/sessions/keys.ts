/** One hash slot for all: a transaction must not span two nodes of a cluster. */
const key = (name: string) => `{sallyport-sessions}:${name}`;

/** Where sessions are in Redis: token hashes by the end of their grants, revoked sessions by the end of that, and the stream. */
export const grants = key("grants");
export const revokedSessions = key("revoked");
export const revocations = key("revocations");
export const grantAt = (hash: string) => key(`grant:${hash}`);
export const idAt = (id: string) => key(`grant-id:${id}`);
export const revokedAt = (session: string) => key(`revoked:${session}`);
export const onceAt = (name: string) => key(`once:${name}`);
