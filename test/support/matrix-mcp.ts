import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import { LoggingMessageNotificationSchema } from "@modelcontextprotocol/sdk/types.js";
import { cutAt, line, matrixText } from "./matrix.ts";
import { events, type Form, json, type Read, without } from "./matrix-forms.ts";
import type { Way } from "./matrix-way.ts";

/** What a tool gave, and the notices that came before it. */
async function call({ copilot, token, fetch }: Way): Promise<Read> {
  const client = new Client({ name: "test", version: "1" });
  const requestInit = { headers: { authorization: `Bearer ${token}` } };
  const url = new URL(`${copilot}/mcp`);
  const transport = new StreamableHTTPClientTransport(url, { requestInit, fetch });
  const notices: string[] = [];
  client.setNotificationHandler(LoggingMessageNotificationSchema, ({ params }) => {
    notices.push(String(params.data));
  });
  await client.connect(transport as Parameters<Client["connect"]>[0]);
  const result = await client.callTool({ name: "get_file_contents", arguments: {} });
  await client.close();
  const [block] = result["content"] as { type: string; text: string }[];
  const text = block?.text ?? "";
  return { out: notices.join("") + text, rest: without([result, notices.length], text) };
}

const before = '{"jsonrpc":"2.0","id":1,"result":{"content":[{"type":"text","text":"';
const behind = '"}],"isError":false}}';

export const mcpJson: Form = {
  name: "MCP as JSON",
  stage: (cells) => {
    const { text, cuts } = matrixText(cells);
    const parts = cutAt(Buffer.from(text), cuts);
    const escaped = parts.map((part) => JSON.stringify(part.toString("latin1")).slice(1, -1));
    const writes = escaped.map((part) => Buffer.from(part, "latin1"));
    return { headers: json, writes: framed(before, writes, behind), unseen: 0 };
  },
  read: call,
};

function framed(first: string, writes: readonly Buffer[], last: string): readonly Buffer[] {
  return writes.map((bytes, index) =>
    Buffer.concat([
      Buffer.from(index === 0 ? first : ""),
      bytes,
      Buffer.from(index === writes.length - 1 ? last : ""),
    ]),
  );
}

/** An event for each example, cut where its example is; the last line comes as the result. */
export const mcpEvents: Form = {
  name: "MCP as events",
  stage: (cells) => {
    const cuts: number[] = [];
    const bytes: Buffer[] = [];
    let length = 0;
    const add = (part: string) => {
      bytes.push(Buffer.from(part));
      length += Buffer.byteLength(part);
    };
    cells.forEach(({ example, cut }, index) => {
      const ahead = JSON.stringify(line(index)).slice(1, -1);
      add(
        `event: message\ndata: {"jsonrpc":"2.0","method":"notifications/message","params":{"level":"info","data":"${ahead}`,
      );
      const part = Buffer.from(example.text).subarray(0, cut).toString("latin1");
      cuts.push(length + JSON.stringify(part).length - 2);
      add(`${JSON.stringify(example.text).slice(1, -1)}"}}\n\n`);
    });
    add(
      `event: message\ndata: ${before}${JSON.stringify(line(cells.length)).slice(1, -1)}${behind}\n\n`,
    );
    return { headers: events, writes: cutAt(Buffer.concat(bytes), cuts), unseen: 1 };
  },
  read: call,
};
