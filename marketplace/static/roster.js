// The roster of a class, one half-day: a tap is kept in this device at once and sent when there is a network.
// Without this script the same page is a form with a button.

const version = new URL(import.meta.url).search;
const { newId } = await import(`./store.js${version}`);
const queue = await import(`./queue.js${version}`);
const { account, keep, pageAt, put, says: saysState } = await import(`./panel.js${version}`);

const words = document.querySelector("[data-roster-words]").dataset;
const form = document.querySelector("[data-roster]");
const walkInForm = document.querySelector("form[data-walk-in]");
const { training, halfDay, day } = (form ?? walkInForm).dataset;
const list = document.querySelector(".roster-list") ?? emptyList(); // more lists follow: who was invited, who waits
const boxOf = (row) => row.querySelector("input[name=present]");
const nameOf = (row) => row.querySelector("b").textContent;
const fill = (text, places) => text.replace(/\{(\w+)\}/g, (_all, place) => places[place]);

function emptyList() {
  const made = document.createElement("ul");
  made.className = "roster-list";
  walkInForm.before(made);
  return made;
}

// Say whether somebody is there. Exported for the card, whose marks come through another door.
export async function markRow(row, present, door = form?.dataset.door ?? "tap") {
  const who = row.dataset.person ? { person: Number(row.dataset.person) } : { walk_in: row.dataset.key };
  const body = { training: Number(training), half_day: Number(halfDay), ...who, present, door };
  const label = fill(present ? words.present : words.absent, { name: nameOf(row), number: halfDay });
  boxOf(row).checked = present;
  if (!(await put("attendance.mark", body, label))) boxOf(row).checked = !present;
  count();
}

export function rows() {
  return [...document.querySelectorAll(".roster-list > li")];
}

function count() {
  const place = document.querySelector(".roster-count");
  if (!place) return;
  const n = rows().filter((row) => boxOf(row).checked).length;
  const all = Math.max(n, list.children.length);
  place.firstElementChild.textContent = fill(place.dataset.words, { n, all });
}

async function everybody() {
  for (const row of list.children) if (!boxOf(row).checked) await markRow(row, true, "tap");
}

// A key of its own for every walk-in: a kept page would offer the same one again.
async function addWalkIn() {
  const fields = [walkInForm.elements.name, walkInForm.elements.village];
  for (const field of fields) field.value = field.value.trim();
  if (!walkInForm.reportValidity()) return; // spaces are no name
  const [name, village] = fields.map((field) => field.value);
  const key = newId();
  const label = fill(words.walkIn, { name, village });
  if (!(await put("attendance.walk_in", { training: Number(training), name, village }, label, key))) return;
  const row = rowOf(key) ?? walkInRow(key, name, village);
  await markRow(row, true, "tap");
  for (const field of fields) field.value = "";
  row.scrollIntoView({ block: "center" });
}

function rowOf(id) {
  return rows().find((row) => row.dataset.key === id || row.dataset.person === String(id));
}

function walkInRow(key, name, village) {
  const row = document.querySelector("[data-walk-in-row]").content.firstElementChild.cloneNode(true);
  row.dataset.key = key;
  row.querySelector("b").textContent = name;
  row.querySelector(".roster-sub").textContent = village;
  list.append(row);
  return row;
}

// What was done here and is newer than this page, which may be a kept one.
async function overlay() {
  const { items } = await queue.look();
  const newer = (item) => item.state !== "kept" || Date.parse(item.at) > pageAt;
  const own = (item) => item.author.id === account.id && item.body.training === Number(training);
  const here = items.filter((item) => own(item) && newer(item));
  for (const { kind, key, body } of here) {
    if (kind === "attendance.walk_in" && !rowOf(key)) walkInRow(key, body.name, body.village);
  }
  const last = new Map();
  for (const item of here) {
    const row = item.body.half_day === Number(halfDay) && rowOf(item.body.person ?? item.body.walk_in);
    if (row) last.set(row, item);
  }
  for (const row of rows()) showState(row, last.get(row));
  count();
}

function showState(row, item) {
  const badge = row.querySelector("[data-sent]") ?? newBadge(row);
  badge.hidden = !item;
  if (!item) return;
  boxOf(row).checked = item.body.present;
  badge.className = { waiting: "badge badge-wait", kept: "badge badge-ok", refused: "badge badge-bad" }[item.state];
  badge.textContent = saysState(item.state, { number: item.receipt, sentence: item.sentence });
}

function newBadge(row) {
  const badge = document.createElement("span");
  badge.dataset.sent = "";
  row.querySelector("[data-state]").append(badge);
  return badge;
}

// The page may have been kept the day before; whether the day has come is the server's to say in the end.
function openOnTheDay() {
  const now = queue.serverNow() ?? pageAt;
  const today = new Date(now + 7 * 3600 * 1000).toISOString().slice(0, 10); // in Hà Giang, as 2021-12-07
  if (today < day) return;
  document.querySelectorAll("[data-on-the-day]").forEach((part) => (part.hidden = false));
  document.querySelectorAll("[data-before-the-day]").forEach((part) => (part.hidden = true));
  for (const row of rows()) boxOf(row).disabled = false;
}

document.addEventListener("change", ({ target }) => {
  const row = target.name === "present" && target.closest(".roster-list > li");
  if (row) markRow(row, target.checked);
});
form?.addEventListener("submit", (event) => {
  event.preventDefault();
  if (event.submitter?.name === "all") everybody();
  else queue.sendNow();
});
walkInForm?.addEventListener("submit", (event) => {
  event.preventDefault();
  addWalkIn();
});
document.querySelectorAll(".roster-save").forEach((part) => (part.hidden = true)); // every tap is kept already
openOnTheDay();
queue.changes.addEventListener("change", overlay);
await overlay();
keep([location.href]); // whoever opened it may need it where there is no network
