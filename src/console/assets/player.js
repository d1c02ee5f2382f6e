// Plays a recorded session. Text only ever becomes text: nothing here makes markup.
import { make, notes, storyElement, textWithMarks } from "./story.js";

const root = document.querySelector("#player");
const list = document.querySelector("#story");
const moreButton = document.querySelector("#more");
const where = document.querySelector("#where");
const speed = document.querySelector("#speed");
const base = `/sessions/${root.dataset.session}`;

let next = 0;
let total = 0;
let loading;
let playing = 0;

// Behind what is loaded, before what came live while something in between was not; never twice.
const place = (story) => {
  document.getElementById(story.opened.record)?.remove();
  list.insertBefore(storyElement(story), list.querySelector("[data-ahead]"));
};

const load = () => {
  loading ??= fetch(`${base}/stories.json?from=${next}`)
    .then(async (answer) => {
      if (answer.status === 401) return location.reload();
      if (!answer.ok) throw new Error("the session cannot be read now");
      const { stories } = await answer.json();
      for (const story of stories) place(story);
      next += stories.length;
      moreButton.hidden = stories.length === 0 || next >= total;
      where.textContent = `${next} of ${Math.max(total, next)} exchanges`;
      return stories.length;
    })
    .catch((error) => {
      where.textContent = error.message;
      return 0;
    })
    .finally(() => {
      loading = undefined;
    });
  return loading;
};

const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

// The text nodes of an item's answers, and what each shows in the end.
const answersIn = (item) => {
  const bodies = item.querySelectorAll(
    '[data-direction="response"] pre, pre[data-direction="response"]',
  );
  const nodes = [];
  for (const body of bodies) {
    const walker = document.createTreeWalker(body, NodeFilter.SHOW_TEXT);
    while (walker.nextNode())
      nodes.push({ node: walker.currentNode, text: walker.currentNode.data });
  }
  return nodes;
};

const showFirst = (nodes, characters) => {
  let left = characters;
  for (const { node, text } of nodes) {
    node.data = text.slice(0, Math.max(0, left));
    left -= text.length;
  }
};

// Shows an answer piece by piece, as fast as it came: each piece's share of the text at its own time.
const reveal = async (item, rate, run) => {
  const times = item.times ?? [];
  if (times.length === 0 || rate === 0) return;
  const nodes = answersIn(item);
  const whole = nodes.reduce((sum, { text }) => sum + text.length, 0);
  const all = times.at(-1)[1];
  let before = times[0][0];
  for (const [t, bytes] of times) {
    if (run !== playing) break;
    await wait(Math.min(2000, (t - before) / rate));
    before = t;
    showFirst(nodes, Math.ceil((bytes / all) * whole));
  }
  showFirst(nodes, whole);
};

// The item at that place, loaded if it must be; undefined at the session's end.
const itemAt = async (index) => {
  if (index >= list.children.length && next < total) await load();
  return list.children[index];
};

const play = async () => {
  const run = ++playing;
  const rate = Number(speed.value);
  document.querySelector("#play").textContent = "Stop";
  let before;
  for (let index = 0; run === playing; index++) {
    const item = await itemAt(index);
    if (!item) break;
    const at = Date.parse(item.querySelector("time").dateTime);
    if (rate > 0 && before !== undefined)
      await wait(Math.min(2000, Math.max(0, at - before) / rate));
    before = at;
    item.classList.add("current");
    item.scrollIntoView({ block: "nearest" });
    await reveal(item, rate, run);
    item.classList.remove("current");
  }
  if (run === playing) document.querySelector("#play").textContent = "Play";
};

const stopAt = (item) => {
  item.classList.add("here");
  for (const fold of item.querySelectorAll("details")) fold.open = true;
  item.scrollIntoView({ block: "center" });
};

const goTo = async (matches) => {
  const current = list.querySelector(".here");
  current?.classList.remove("here");
  const start = current === null ? 0 : [...list.children].indexOf(current) + 1;
  for (let index = start, item = await itemAt(index); item; item = await itemAt(++index))
    if (matches(item)) return stopAt(item);
  where.textContent = "no more of those; the next search begins at the top";
  return undefined;
};

// An exchange that is over is told as the conversation that it was.
const settle = async (record, index) => {
  const answer = await fetch(`${base}/stories.json?from=${index}`);
  const { stories } = answer.ok ? await answer.json() : { stories: [] };
  const story = stories.find(({ opened }) => opened.record === record);
  const item = document.getElementById(record);
  if (!story || !item) return;
  const told = storyElement(story);
  // What somebody reads as it comes is not folded away from under their eyes.
  for (const fold of told.querySelectorAll("details")) fold.open = true;
  if ("ahead" in item.dataset) told.dataset.ahead = "";
  item.replaceWith(told);
};

const live = () => {
  const events = new EventSource(`${base}/tail`);
  const places = new Map();
  const itemOf = (record) => {
    const known = document.getElementById(record);
    if (known) return known;
    const item = make("li", "live");
    item.id = record;
    if (next < total) item.dataset.ahead = "";
    list.append(item);
    return item;
  };
  events.addEventListener("entry", ({ data }) => {
    const entry = JSON.parse(data);
    const item = itemOf(entry.record);
    if (entry.k === "open") {
      item.append(make("h2", "", `${entry.method} ${entry.path}`));
      places.set(entry.record, total);
      if (!("ahead" in item.dataset)) next += 1;
      total += 1;
    }
    if (entry.k === "end" && places.has(entry.record))
      void settle(entry.record, places.get(entry.record));
    const shown = notes[entry.k]?.(entry);
    if (shown) item.append(shown);
  });
  events.addEventListener("piece", ({ data }) => {
    const piece = JSON.parse(data);
    const item = itemOf(piece.record);
    let body = item.querySelector(`pre[data-direction="${piece.dir}"]`);
    if (!body) {
      body = make("pre");
      body.dataset.direction = piece.dir;
      item.append(body);
    }
    textWithMarks(body, typeof piece.text === "string" ? piece.text : "…");
    item.scrollIntoView({ block: "nearest" });
  });
  return events;
};

let events;
document.querySelector("#live").addEventListener("change", ({ target }) => {
  events?.close();
  events = target.checked ? live() : undefined;
});
document.querySelector("#play").addEventListener("click", () => {
  if (document.querySelector("#play").textContent === "Stop") {
    playing++;
    document.querySelector("#play").textContent = "Play";
  } else void play();
});
document
  .querySelector("#finding")
  .addEventListener("click", () =>
    goTo((item) => item.querySelector(".finding, mark, .deny") !== null),
  );
document.querySelector("#find").addEventListener("keydown", (event) => {
  if (event.key !== "Enter") return;
  const words = event.target.value.toLowerCase();
  if (words !== "") void goTo((item) => item.textContent.toLowerCase().includes(words));
});
moreButton.addEventListener("click", load);

const { total: known } = await (await fetch(`${base}/page.json`)).json();
total = known ?? 0;
await load();

// A link from elsewhere names an exchange.
const wanted = decodeURIComponent(location.hash.slice(1));
if (wanted !== "") await goTo((item) => item.id === wanted);
