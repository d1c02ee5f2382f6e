// Keeps the inbox and the clocks up to date. Text only ever becomes text: nothing here makes markup.
const list = document.querySelector("#inbox[data-live]");
const article = document.querySelector("article[data-approval]");

for (const time of document.querySelectorAll("time[datetime]"))
  time.title = new Date(time.dateTime).toLocaleString();

const timeLeft = (iso) => {
  const minutes = Math.floor((Date.parse(iso) - Date.now()) / 60_000);
  if (minutes < 0) return "over";
  if (minutes < 1) return "less than a minute left";
  return minutes < 120 ? `${minutes} min left` : `${Math.floor(minutes / 60)} h left`;
};

setInterval(() => {
  for (const element of document.querySelectorAll("[data-until]"))
    element.textContent = timeLeft(element.dataset.until);
}, 15_000);

const lineFor = (line) => {
  const item = document.querySelector("#line").content.firstElementChild.cloneNode(true);
  item.querySelector("a").setAttribute("href", line.href);
  for (const field of item.querySelectorAll("[data-field]"))
    field.textContent = line[field.dataset.field];
  const left = item.querySelector('[data-field="left"]');
  left.dataset.until = line.expiresAt;
  return item;
};

const refresh = async () => {
  const answer = await fetch("/inbox.json", { headers: { accept: "application/json" } });
  if (answer.status === 401) return location.reload();
  if (!answer.ok) return undefined;
  const { lines, count } = await answer.json();
  const focused = document.activeElement?.closest("#inbox a")?.getAttribute("href");
  list.replaceChildren(...lines.map(lineFor));
  document.querySelector("#count").textContent = count;
  document.title = `${lines.length === 0 ? "" : `(${lines.length}) `}Inbox · Sallyport`;
  // Whoever moves by keyboard keeps their place in the list.
  if (focused)
    [...list.querySelectorAll("a")].find((a) => a.getAttribute("href") === focused)?.focus();
  return undefined;
};

let planned = false;
// Many changes in one moment are one refresh.
const refreshSoon = () => {
  if (planned) return;
  planned = true;
  setTimeout(() => {
    planned = false;
    refresh().catch(() => {});
  }, 150);
};

if (list || article) {
  const events = new EventSource("/events");
  const offline = document.querySelector("#offline");
  events.addEventListener("open", () => {
    if (offline) offline.hidden = true;
    if (list) refreshSoon();
  });
  events.addEventListener("error", () => {
    if (offline) offline.hidden = false;
  });
  events.addEventListener("approval", ({ data }) => {
    if (list) refreshSoon();
    const { id, state } = JSON.parse(data);
    if (article?.dataset.approval !== id) return;
    if (article.dataset.versionState !== state || state === "pending")
      document.querySelector("#changed").hidden = false;
  });
}
