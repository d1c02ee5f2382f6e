// Elements for what a recorded exchange tells. Text only ever becomes text: nothing here makes markup.
export const make = (name, className, text) => {
  const element = document.createElement(name);
  if (className) element.className = className;
  if (text !== undefined) element.textContent = text;
  return element;
};

// Marks of secrets stand out; the secrets themselves were never kept.
export const textWithMarks = (element, text) => {
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
export const notes = {
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

export const storyElement = (story) => {
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
