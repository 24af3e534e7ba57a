// Keep first, send after. The screen is the same with and without a network; whatever is kept here is sent in
// order, in small requests, again and again, until the server has given a receipt for it.

const store = await import(`./store.js${new URL(import.meta.url).search}`);

const BATCH = 40;
const SHORTEST = 2000;
const LONGEST = 5 * 60 * 1000;
const JSON_TYPE = "application/json";
const AHEAD = "lensan-clock"; // how many milliseconds this device's clock is ahead of the server's

export const changes = new EventTarget();
const tabs = "BroadcastChannel" in self ? new BroadcastChannel("lensan-queue") : null;

let places; // { send, token }: addresses, told by the page
let pause = 0;
let timer;
let trouble = ""; // "", "login" or "network"

export function start(where) {
  places = where;
  if (tabs) tabs.onmessage = () => changes.dispatchEvent(new Event("change"));
  addEventListener("online", sendNow);
  document.addEventListener("visibilitychange", () => document.hidden || sendNow());
  loggedIn().then(tellWho, () => {}).then(sendNow);
}

export function sendNow() {
  pause = 0;
  return send();
}

// Keep one thing done, then try to send it. Resolves as soon as it is kept.
export async function put(made) {
  const item = await store.add(made);
  tell();
  navigator.storage?.persist?.(); // asks that a full disk takes something else first
  send();
  return item;
}

export async function retry() {
  await store.retry();
  tell();
  return sendNow();
}

export async function drop(key) {
  await store.drop(key);
  tell();
}

// Everything kept here, when the server last took something, and what keeps the rest from going.
export async function look() {
  return { items: await store.all(), last: await store.lastReceived(), trouble };
}

function tell() {
  changes.dispatchEvent(new Event("change"));
  tabs?.postMessage("change");
}

// One tab sends at a time. There is no timeout of our own: on a slow line a short one would never succeed.
async function send() {
  clearTimeout(timer);
  const alone = navigator.locks ?? { request: (_name, _how, work) => work(true) };
  await alone.request("lensan-send", { ifAvailable: true }, async (lock) => {
    if (lock) await drain();
  });
  const waiting = (await store.all()).some((item) => item.state === "waiting");
  if (waiting) later();
}

function later() {
  pause = Math.min(pause * 2 || SHORTEST, LONGEST);
  clearTimeout(timer);
  timer = setTimeout(send, pause * (0.75 + Math.random() / 2));
}

function tellWho(who) {
  trouble = who ? "" : "login";
  tell();
  return who;
}

async function drain() {
  try {
    while ((await store.all()).some((item) => item.state === "waiting")) {
      const who = tellWho(await loggedIn());
      if (!who) break;
      const own = (item) => item.state === "waiting" && item.author.id === who.account.id;
      const batch = (await store.all()).filter(own).slice(0, BATCH);
      if (!batch.length) break; // what is left waits for somebody else
      await sendBatch(batch, who);
      pause = 0;
      tell();
    }
  } catch {
    trouble = "network";
  }
  tell();
}

async function loggedIn() {
  const answer = await fetch(places.token, { headers: { Accept: JSON_TYPE }, cache: "no-store" });
  if (answer.status === 401) return null;
  if (!answer.ok) throw new Error(`who: ${answer.status}`);
  const who = await answer.json();
  localStorage.setItem(AHEAD, Date.now() - Date.parse(who.at));
  return who;
}

// The server's time in milliseconds, as far as this device knows: it is told with every look at who is here.
export function serverNow() {
  const ahead = localStorage.getItem(AHEAD);
  return ahead === null ? null : Date.now() - Number(ahead);
}

async function sendBatch(batch, who) {
  const answer = await fetch(places.send, {
    method: "POST",
    headers: { Accept: JSON_TYPE, "Content-Type": JSON_TYPE, "X-CSRFToken": who.token },
    body: JSON.stringify({ account: who.account.id, items: batch.map(wire) }),
  });
  if (answer.ok) {
    const told = await answer.json();
    return store.settle(told.receipts, told.at);
  }
  if (![403, 413, 422].includes(answer.status)) throw new Error(`send: ${answer.status}`);
  // The request as a whole was refused: find the item it was refused for, so that it holds up no other.
  if (batch.length > 1) {
    for (const item of batch) await sendBatch([item], who);
    return undefined;
  }
  const { message } = await answer.json();
  return store.settle([{ key: batch[0].key, state: "refused", sentence: message }], new Date().toISOString());
}

function wire({ key, kind, device, number, doneAt, body }) {
  return { key, kind, device, number, done_at: doneAt, body };
}
