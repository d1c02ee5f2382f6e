import { describe, expect, it, vi } from "vitest";
import { Room } from "../../../src/gateway/room.ts";
import { play, story } from "./play.ts";
import { requestHead } from "./scene.ts";
import { open as openScene } from "./scene-folder.ts";

const open = (room: Room) => openScene({ parts: { room } });
const user = requestHead("GET", "/api/v3/user");

describe("the room for exchanges", () => {
  it("turns away one too many with 503, writes that down, and has room again when one has left", async () => {
    const room = new Room(1, () => false);
    const [first, second, third] = [open(room), open(room), open(room)];
    play(first, user);
    await story(first, "requestHead");
    play(second, user);
    await vi.waitFor(() => expect(second.port.story).toBe("reply"));
    expect(second.port.steps[0]).toMatchObject({ reply: { status: 503 } });
    expect(second.intents).toMatchObject([
      { decision: "error", reason: expect.stringContaining("too much to do") },
    ]);
    second.exchange.left();
    second.exchange.left();
    expect(room.inside).toBe(1);
    first.exchange.left();
    expect(room.inside).toBe(0);
    play(third, user);
    await story(third, "requestHead");
    third.exchange.left();
  });

  it("turns everybody away while the process is far behind with its work, and nobody after", async () => {
    let behind = true;
    const room = new Room(10, () => behind);
    const late = open(room);
    play(late, user);
    await vi.waitFor(() => expect(late.port.story).toBe("reply"));
    behind = false;
    const next = open(room);
    play(next, user);
    await story(next, "requestHead");
  });
});
