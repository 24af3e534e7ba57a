// The panel that says what of this device the server has not got yet, and lets people do something about it.
// Every word comes from the page, so that it is in the reader's language.

const version = new URL(import.meta.url).search;
const queue = await import(`./queue.js${version}`);

const MOST_SHOWN = 60;
const panel = document.querySelector("[data-queue]");
const part = (name) => panel.querySelector(`[data-${name}]`);

export const account = { id: Number(panel.dataset.account), name: panel.dataset.accountName };
export const pageAt = Date.parse(panel.dataset.at);

export function says(name, places = {}) {
  const key = `says${name[0].toUpperCase()}${name.slice(1)}`;
  return panel.dataset[key].replace(/\{(\w+)\}/g, (_all, place) => places[place] ?? "");
}

// Keep one thing this person did. False, with a sentence on the page, when the browser cannot keep it.
export async function put(kind, body, label, key) {
  // A phone that was without power may believe in 1970; this page is younger than that.
  const doneAt = new Date(Math.max(Date.now(), pageAt)).toISOString();
  try {
    await queue.put({ kind, body, label, author: account, doneAt, ...(key && { key }) });
    return true;
  } catch {
    show(part("full"), says("full"));
    return false;
  }
}

function show(element, text) {
  element.hidden = !text;
  element.textContent = text;
}

async function render() {
  const { items, last, trouble } = await queue.look();
  const own = items.filter((item) => !account.id || item.author.id === account.id);
  const unsent = own.filter((item) => item.state !== "kept");
  const today = own.filter((item) => item.state !== "kept" || sameDay(item.doneAt));
  panel.hidden = false;
  part("count").textContent = unsent.length
    ? says("some", { unsent: unsent.length, all: today.length })
    : says("none");
  part("last").textContent = last ? says("last", { time: timeOf(last) }) : says("never");
  show(part("trouble"), unsent.length && trouble ? says(trouble) : "");
  part("login").hidden = trouble !== "login" || !unsent.length;
  part("now").hidden = !unsent.length;
  part("export").hidden = !items.some((item) => item.state !== "kept");
  part("each").hidden = !today.length;
  part("items").replaceChildren(...latest(today).map(line));
  renderOthers(items.filter((item) => account.id && item.author.id !== account.id && item.state !== "kept"));
  letNewVersionIn(items);
}

// What somebody must look at first, then the newest.
function latest(items) {
  const refused = items.filter((item) => item.state === "refused");
  const rest = items.filter((item) => item.state !== "refused").reverse();
  return [...refused, ...rest].slice(0, MOST_SHOWN);
}

function line(item) {
  const row = document.createElement("li");
  const words = document.createElement("div");
  words.className = "list-main";
  words.append(item.label, document.createElement("br"), stateOf(item));
  row.append(words);
  if (item.state === "refused") row.append(dropButton(item));
  return row;
}

function stateOf(item) {
  const state = document.createElement("span");
  state.className = item.state === "refused" ? "queue-refused" : "soft";
  state.textContent = says(item.state, { number: item.receipt, sentence: item.sentence });
  return state;
}

function dropButton(item) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "button button-danger";
  button.textContent = says("drop");
  button.onclick = () => confirm(says("sure", { label: item.label })) && queue.drop(item.key);
  return button;
}

function renderOthers(items) {
  const names = new Map();
  for (const { author } of items) names.set(author.name, (names.get(author.name) ?? 0) + 1);
  const rows = [...names].map(([name, count]) => {
    const row = document.createElement("li");
    row.textContent = says("others", { name, count });
    return row;
  });
  part("others").hidden = !rows.length;
  part("others").replaceChildren(...rows);
}

function sameDay(at) {
  return new Date(at).toDateString() === new Date().toDateString();
}

function timeOf(at) {
  const two = (number) => String(number).padStart(2, "0");
  const time = new Date(at);
  const day = `${two(time.getDate())}/${two(time.getMonth() + 1)}/${time.getFullYear()}`;
  return `${day} ${two(time.getHours())}:${two(time.getMinutes())}`;
}

// Everything unsent on this device as a file, whoever did it: a copy for the day the phone breaks.
async function exportUnsent() {
  const items = (await queue.look()).items.filter((item) => item.state !== "kept");
  const text = JSON.stringify({ exported_at: new Date().toISOString(), items }, null, 1);
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text], { type: "application/json" }));
  link.download = `phieu-chua-gui-${new Date().toISOString().slice(0, 10)}.json`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

// --- pages for when there is no network

const worker = "serviceWorker" in navigator ? registered() : Promise.resolve(null);

async function registered() {
  const scope = panel.dataset.root;
  try {
    await navigator.serviceWorker.register(panel.dataset.worker + version, { scope });
  } catch {
    // no network, or a browser that allows none: what is registered already stays
  }
  return (await navigator.serviceWorker.getRegistration(scope)) ? navigator.serviceWorker.ready : null;
}

// Ask the service worker to keep pages; true when everything they need is here.
export async function keep(urls) {
  const registration = await worker;
  if (!registration) return false;
  const { port1, port2 } = new MessageChannel();
  const answer = new Promise((resolve) => (port1.onmessage = (event) => resolve(event.data)));
  registration.active.postMessage({ keep: urls }, [port2]);
  return answer;
}

const wanted = () => part("keep").dataset.keep.split(" ").map((url) => new URL(url, location).href);

async function keepNow() {
  show(part("ready"), says("keeping"));
  show(part("ready"), says((await keep(wanted())) ? "ready" : "notReady"));
}

async function showReady() {
  if (!("caches" in self)) return show(part("keep"), ""); // plain http: nothing can be kept
  const cache = await caches.open(`lensan-pages-${account.id}`);
  const found = await Promise.all(wanted().map((url) => cache.match(url, { ignoreVary: true })));
  return show(part("ready"), found.every(Boolean) ? says("ready") : "");
}

// An older page and the scripts it came with stay until everything made with them was received.
async function letNewVersionIn(items) {
  const waiting = (await worker)?.waiting;
  if (waiting && items.every((item) => item.state === "kept")) waiting.postMessage({ takeOver: true });
}

queue.changes.addEventListener("change", render);
part("now").onclick = () => queue.retry();
part("export").onclick = exportUnsent;
if (part("keep")) {
  part("keep").onclick = keepNow;
  showReady();
}
queue.start({ send: panel.dataset.send, token: panel.dataset.token });
await render();
