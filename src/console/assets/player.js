// Plays a recorded session. Text only ever becomes text: nothing here makes markup.
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

const make = (name, className, text) => {
  const element = document.createElement(name);
  if (className) element.className = className;
  if (text !== undefined) element.textContent = text;
  return element;
};

// Marks of secrets stand out; the secrets themselves were never kept.
const textWithMarks = (element, text) => {
  for (const piece of text.split(/(\[REDACTED[^\]]{0,100}\])/)) {
    if (piece.startsWith("[REDACTED")) element.append(make("mark", "", piece));
    else if (piece !== "") element.append(document.createTextNode(piece));
  }
};

const isDiff = (text) => /^(\*\*\* Begin Patch|diff --git |--- |@@ )/m.test(text);
const diffLines = (element, text) => {
  for (const line of text.split("\n")) {
    const kind = { "+": "added", "-": "removed", "@": "hunk" }[line[0]] ?? "";
    const shown = make("span", kind);
    textWithMarks(shown, `${line}\n`);
    element.append(shown);
  }
};

const readable = (part) => {
  if (part.kind !== "toolCall") return part.text;
  try {
    const value = JSON.parse(part.arguments);
    if (typeof value !== "object" || value === null) return part.arguments;
    return Object.entries(value)
      .map(
        ([name, one]) => `${name}: ${typeof one === "string" ? one : JSON.stringify(one, null, 2)}`,
      )
      .join("\n");
  } catch {
    return part.arguments;
  }
};

const saidElement = ({ role, direction, part }) => {
  const box = make("div", `said ${role} ${part.kind}`);
  box.dataset.direction = direction;
  const what =
    part.kind === "toolCall" ? `calls ${part.name}` : part.kind === "text" ? "" : part.kind;
  box.append(make("p", "who", `${role} ${what}`));
  const body = make("pre");
  const text = readable(part);
  if (isDiff(text)) diffLines(body, text);
  else textWithMarks(body, text);
  box.append(body);
  return box;
};

const note = (text, kind = "") => make("p", `note ${kind}`, text);
const notes = {
  parked: (entry) => note(`waits for approval ${entry.approval}`, "approve"),
  decided: (entry) =>
    note(`${entry.decision}${entry.reason ? `: ${entry.reason}` : ""}`, entry.decision),
  mask: (entry) =>
    note(
      `masked in the ${entry.dir}: ${entry.rule} ${entry.fingerprint}, ${entry.channel} ${entry.offset}+${entry.length}`,
      "finding",
    ),
  answer: (entry) => note(`answer ${entry.status} by the ${entry.by}, after ${entry.t} ms`),
  gap: (entry) => note(`gap: ${entry.bytes} bytes of the ${entry.dir} are not here`, "finding"),
  over: (entry) =>
    entry.left && entry.bytes > 0
      ? note(`${entry.dir}: ${entry.bytes} bytes, not kept (${entry.left})`)
      : undefined,
};

const bodyElement = (dir, { text, cut }) => {
  const fold = make("details");
  fold.append(make("summary", "", `${dir} body${cut ? ", its beginning" : ""}`));
  const body = make("pre");
  body.dataset.direction = dir;
  if (isDiff(text)) diffLines(body, text);
  else textWithMarks(body, text);
  fold.append(body);
  return fold;
};

const headOf = ({ record, method, path, at, operations, rules }) => {
  const item = make("li");
  item.id = record;
  const time = make("time", "", new Date(at).toISOString());
  time.dateTime = time.textContent;
  item.append(time, make("h2", "", `${method} ${path}`));
  for (const { name, resource } of operations)
    item.append(note(`${name} on ${resource}`, "operation"));
  if (rules.length > 0) item.append(note(`by ${rules.join(", ")}`));
  return item;
};

const storyElement = (story) => {
  const item = headOf(story.opened);
  const asked = story.said.filter(({ direction }) => direction === "request");
  for (const one of asked) item.append(saidElement(one));
  for (const entry of story.entries) {
    const shown = notes[entry.k]?.(entry);
    if (shown) item.append(shown);
  }
  const answers = story.said.filter(({ direction }) => direction === "response");
  for (const one of answers) item.append(saidElement(one));
  if (story.said.length === 0)
    for (const dir of ["request", "response"])
      if (story[dir].text !== "") item.append(bodyElement(dir, story[dir]));
  if (!story.ended) item.append(note("cut, or still going on", "finding"));
  item.times = story.response.times;
  return item;
};

const load = () => {
  loading ??= fetch(`${base}/stories.json?from=${next}`)
    .then(async (answer) => {
      if (answer.status === 401) return location.reload();
      if (!answer.ok) throw new Error("the session cannot be read now");
      const { stories } = await answer.json();
      for (const story of stories) list.append(storyElement(story));
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

const live = () => {
  const events = new EventSource(`${base}/tail`);
  const seen = new Map();
  const itemOf = (record) => {
    const known = seen.get(record) ?? document.getElementById(record);
    if (known) return known;
    const item = make("li", "live");
    item.id = record;
    list.append(item);
    seen.set(record, item);
    return item;
  };
  events.addEventListener("entry", ({ data }) => {
    const entry = JSON.parse(data);
    const item = itemOf(entry.record);
    if (entry.k === "open") {
      item.append(make("h2", "", `${entry.method} ${entry.path}`));
      next += 1;
      total += 1;
    }
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
