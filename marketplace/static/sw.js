// Shows kept pages where the network fails. Only pages a person asked for are kept, each account's by itself;
// nothing that changes something is ever answered from here. A new version waits until nothing is unsent.

const FILES = "lensan-files";
const SHELL = "lensan-shell";
const ROOT = new URL("./", self.location).pathname;
const OFFLINE = `${ROOT}ngoai-tuyen`;
const WHO = `${ROOT}-/who`; // an entry of the shell's cache, not an address
const HEADER = "Lensan-Account";
const pagesOf = (account) => `lensan-pages-${account}`;

self.addEventListener("install", (event) => event.waitUntil(keepOfflinePage()));
self.addEventListener("activate", (event) => event.waitUntil(activate()));

self.addEventListener("message", (event) => {
  const { keep, takeOver } = event.data;
  if (takeOver) self.skipWaiting();
  if (keep) event.waitUntil(keepPages(keep).then((done) => event.ports[0].postMessage(done)));
});

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== "GET" || url.origin !== self.location.origin) return;
  if (url.pathname.startsWith(`${ROOT}static/`)) event.respondWith(file(request, url));
  else if (request.mode === "navigate") event.respondWith(page(event));
});

async function page(event) {
  const { url } = event.request;
  try {
    const answer = await fetch(event.request);
    event.waitUntil(noticed(url, answer.clone()));
    return (answer.status >= 500 && (await kept(url))) || answer;
  } catch (error) {
    const found = (await kept(url)) ?? (await (await caches.open(SHELL)).match(OFFLINE, { ignoreVary: true }));
    if (found) return found;
    throw error;
  }
}

// Files named with a version never change; the others may.
async function file(request, url) {
  const found = await (await caches.open(FILES)).match(request, { ignoreVary: true });
  if (found && url.searchParams.has("v")) return found;
  return fetch(request).catch((error) => found ?? Promise.reject(error));
}

async function kept(url) {
  const account = await lastSeen();
  if (!account || !(await caches.has(pagesOf(account)))) return undefined;
  return (await caches.open(pagesOf(account))).match(url, { ignoreVary: true });
}

// Every page says whose it is. Once it is somebody else's, the former account's pages go, unless it has
// something unsent. An answer that does not say is not ours: a gateway's, a portal's.
async function noticed(url, answer) {
  const told = answer.headers.get(HEADER);
  if (!told) return;
  const account = told === "-" ? "" : told;
  const before = await lastSeen();
  if (account !== before) {
    await (await caches.open(SHELL)).put(WHO, new Response(account));
    if (before && !(await unsent(before))) await caches.delete(pagesOf(before));
  }
  if (account && answer.ok && (await kept(url))) await keepPage(account, url, answer);
}

async function lastSeen() {
  const found = await (await caches.open(SHELL)).match(WHO);
  return found ? found.text() : "";
}

// Keep pages of who is logged in, with everything they name; false when any of it could not be had.
async function keepPages(urls) {
  try {
    for (const url of urls) {
      const answer = await fetch(url, { credentials: "same-origin" });
      const account = answer.headers.get(HEADER);
      if (!answer.ok || answer.redirected || !account || account === "-") return false;
      await noticed(url, answer.clone());
      await keepPage(account, url, answer);
    }
    return true;
  } catch {
    return false;
  }
}

async function keepPage(account, url, answer) {
  await keepFiles(await answer.clone().text());
  await (await caches.open(pagesOf(account))).put(url, answer);
}

function filesIn(text) {
  return [...text.matchAll(/(?:href|src)="([^"]*\/static\/[^"]+)"/g)].map((found) => found[1]);
}

async function keepFiles(text) {
  const files = await caches.open(FILES);
  const missing = async (name) => (await files.match(name, { ignoreVary: true })) ?? files.add(name);
  await Promise.all([...new Set(filesIn(text))].map(missing));
}

// The page for whatever was not kept. Without a login, so that it is nobody's.
async function keepOfflinePage() {
  const answer = await fetch(OFFLINE, { credentials: "omit" });
  if (!answer.ok) throw new Error("the offline page could not be fetched");
  await keepFiles(await answer.clone().text());
  await (await caches.open(SHELL)).put(OFFLINE, answer);
}

async function activate() {
  await self.clients.claim();
  if (!(await unsent())) await tidy();
}

// Let go of files that no kept page names any more.
async function tidy() {
  const named = new Set();
  for (const name of await caches.keys()) {
    if (name === FILES || !name.startsWith("lensan-")) continue;
    const cache = await caches.open(name);
    for (const request of await cache.keys()) {
      const text = await (await cache.match(request, { ignoreVary: true })).text();
      for (const one of filesIn(text)) named.add(new URL(one, self.location).href);
    }
  }
  const files = await caches.open(FILES);
  for (const request of await files.keys()) if (!named.has(request.url)) await files.delete(request);
}

// Has this account, or has anybody, something the server did not take?
function unsent(account) {
  return new Promise((resolve) => {
    const asked = indexedDB.open("lensan", 1);
    asked.onupgradeneeded = () => asked.transaction.abort(); // there is no queue yet; the page makes it
    asked.onerror = () => resolve(asked.error.name !== "AbortError"); // not to be read: keep everything
    asked.onsuccess = () => {
      const rows = asked.result.transaction("items").objectStore("items").getAll();
      rows.onerror = () => resolve(true);
      rows.onsuccess = () => {
        const mine = (item) => !account || String(item.author.id) === account;
        resolve(rows.result.some((item) => item.state !== "kept" && mine(item)));
        asked.result.close();
      };
    };
  });
}
