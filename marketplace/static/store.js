// What was done in this browser, kept until the server has it and a while longer. `items` holds one record per
// thing done; `facts` the device's id, its rising number and when something was last received.

const KEPT_DAYS = 7;
const DAY = 24 * 3600 * 1000;
let opened;

function open() {
  opened ??= new Promise((resolve, reject) => {
    const asked = indexedDB.open("lensan", 1);
    asked.onupgradeneeded = () => {
      asked.result.createObjectStore("items", { keyPath: "key" });
      asked.result.createObjectStore("facts");
    };
    asked.onsuccess = () => {
      const again = () => (opened = undefined);
      asked.result.onclose = again;
      asked.result.onversionchange = () => again(asked.result.close()); // a newer page must not wait for this one
      resolve(asked.result);
    };
    asked.onerror = () => reject(asked.error);
  });
  return opened;
}

// "strict": on the disk before the screen says that it is kept.
async function begin(mode) {
  return (await open()).transaction(["items", "facts"], mode, { durability: "strict" });
}

function answer(request) {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

function finished(transaction) {
  return new Promise((resolve, reject) => {
    transaction.oncomplete = resolve;
    transaction.onerror = transaction.onabort = () => reject(transaction.error);
  });
}

export function newId() {
  if (crypto.randomUUID) return crypto.randomUUID(); // not there on plain http
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

// Keep one thing done: { kind, body, label, author: { id, name }, doneAt } and perhaps its key.
export async function add(made) {
  const transaction = await begin("readwrite");
  const facts = transaction.objectStore("facts");
  const device = (await answer(facts.get("device"))) ?? newId();
  const number = ((await answer(facts.get("number"))) ?? 0) + 1;
  const item = { key: newId(), ...made, device, number, state: "waiting" };
  facts.put(device, "device");
  facts.put(number, "number");
  transaction.objectStore("items").add(item);
  await finished(transaction);
  return item;
}

// Everything here, in the order in which it was done.
export async function all() {
  const items = await answer((await begin("readonly")).objectStore("items").getAll());
  return items.sort((one, other) => one.number - other.number);
}

export async function lastReceived() {
  return answer((await begin("readonly")).objectStore("facts").get("last"));
}

// Write down what the server said; `at` is its clock. What it took long ago is let go.
export async function settle(receipts, at) {
  const transaction = await begin("readwrite");
  const items = transaction.objectStore("items");
  for (const receipt of receipts) {
    const item = await answer(items.get(receipt.key));
    if (!item) continue;
    const state = receipt.state === "refused" ? "refused" : "kept";
    items.put({ ...item, state, receipt: receipt.number, sentence: receipt.sentence, at });
  }
  if (receipts.some((one) => one.state !== "refused")) {
    transaction.objectStore("facts").put(Date.now(), "last");
  }
  for (const item of await answer(items.getAll())) {
    if (item.state === "kept" && Date.parse(at) - Date.parse(item.at) > KEPT_DAYS * DAY) items.delete(item.key);
  }
  await finished(transaction);
}

// Refused items wait again, to be sent once more.
export async function retry() {
  const transaction = await begin("readwrite");
  const items = transaction.objectStore("items");
  for (const item of await answer(items.getAll())) {
    if (item.state === "refused") items.put({ ...item, state: "waiting" });
  }
  await finished(transaction);
}

export async function drop(key) {
  const transaction = await begin("readwrite");
  transaction.objectStore("items").delete(key);
  await finished(transaction);
}
