import { type Access, RawClient } from "./clients.ts";

/** A client that has asked for a new repository of that name, over a connection of its own, and waits for the answer. */
export async function askForRepository(
  stack: { access(): Promise<Access> },
  name: string,
): Promise<RawClient> {
  const { token, ...access } = await stack.access();
  const client = await RawClient.connect(access);
  const body = JSON.stringify({ name });
  await client.write(
    `POST /api/v3/user/repos HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer ${token}\r\n` +
      `content-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
  );
  return client;
}
