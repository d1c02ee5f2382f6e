/**
 * The body of a request as text, or nothing when it is larger than `limit` bytes or not UTF-8. (Hono's own limit
 * cannot be laid over another one: on Node the second wrapping of a request fails.)
 */
export async function readBody(request: Request, limit: number): Promise<string | undefined> {
  const decoder = new TextDecoder("utf-8", { fatal: true });
  let size = 0;
  let text = "";
  try {
    for await (const chunk of request.body ?? []) {
      size += chunk.length;
      if (size > limit) return undefined;
      text += decoder.decode(chunk, { stream: true });
    }
    return text + decoder.decode();
  } catch (error) {
    if (error instanceof TypeError) return undefined;
    throw error;
  }
}
